import { containsNoFieldName } from './secret-pairs.js';
import { isTokenCount, REDACTED, createSecretNameTest } from './redact-names.js';

const isSecret = createSecretNameTest();

/** Matches a name and the characters before its value: `password=`, `"password": `, `Cookie: `, `'password' => `. */
const NAMED_VALUE =
  /(?<![\w.\-\u00c0-\u167f\u1681-\u1fff\u3040-\ud7ff])([\w.\-\u00c0-\u167f\u1681-\u1fff\u3040-\ud7ff]+)(?:\]|%5D)?(\\*["'`])?\]?(\s*(?:=>|[=:：＝](?![=:]))[^\S\r\n]*)/gi;
/** Matches the characters before a quotation mark in `b'x'` (Python), `string(3) "x"` (PHP), `Some("x")` (Rust) and `received 'x'`. */
const WRAPPED = /(?:string\(\d+\) |[bru]{1,2}|[A-Za-z]\w*\(|received )(?=\\*["'`])/iy;
/** Matches the indented lines after a `:` of YAML: a text of several lines, a list, or a single value. */
const BLOCK = /(?:[|>][-+\d]*)?[^\S\r\n]*(?:\r?\n[^\S\r\n]+[^\r\n]+)+/y;
/** Matches a quoted text without its last quotation mark. An escaped quotation mark does not end the quoted text. */
const QUOTED = /(\\*["'`])(?:(?!(?<!\\)\1)[^])+/y;
const JSON_VALUE = /\[[^\]]*\]?|\{[^}]*\}?|[^\s"'\\,}\]]+/y;
/** Matches the value after an `=` in a query, a form, a cookie or a connection string. */
const ASSIGNED = /[^\s&;"']*[^\s&;"',)}\]]/y;
/** Matches a word that follows a colon, unless the word is usual in messages. `Invalid token: expired` contains no token. */
const QUOTED_VALUE =
  /(?!(?:expired|invalid|missing|required|unknown|null|undefined|none|true|false|not|must|is|was|too|wrong|incorrect|malformed|revoked|empty|unauthorized|denied|failed|error)(?![\w-]))[^\s"'&]*[\w+/=!?#$%*^~-](?![^\s"'&,;:：.)}\]])/iy;
const HEADER = /([A-Za-z][\w-]*[ \t]+(?=\S))?[^\r\n]+/y;
const QUOTED_HEADER = /([A-Za-z][\w-]*[ \t]+(?=\S))?[^\r\n"']+/y;
const IS_HEADER = /cookie2?$|authorization$/i;
const QUERY =
  /([?&#;](?:code|sig|signature|ticket|samlresponse|assertion|hmac|x-amz-(?:signature|credential)|x-goog-(?:signature|credential))=)[^\s&#"'<>]+/gi;

/** Masks the values in `text` that follow the name of a secret. */
export function maskNamed(text: string): string {
  let masked = '';
  let from = 0;
  NAMED_VALUE.lastIndex = 0;
  for (let found = NAMED_VALUE.exec(text); found; found = NAMED_VALUE.exec(text)) {
    const [match, name = '', quote, separator = ''] = found;
    if (!isSecret(name)) continue;
    const start = found.index + match.length;
    const [kept, end] = readValueAt(text, start, { name, quote, separator, before: text.charAt(found.index - 1) });
    if (end === undefined || isTokenCount(name, text.slice(start + kept.length, end))) continue;
    masked += text.slice(from, start) + kept + REDACTED;
    from = end;
    NAMED_VALUE.lastIndex = end;
  }
  return masked + text.slice(from);
}

interface Naming {
  readonly name: string;
  readonly quote: string | undefined;
  readonly separator: string;
  /** The character before the name. */
  readonly before: string;
}

function readValueAt(text: string, start: number, naming: Naming): readonly [kept: string, end: number | undefined] {
  if (text.startsWith(REDACTED, start)) return ['', undefined];
  const { name, quote, separator, before } = naming;
  const wrapper = matchAt(WRAPPED, text, start)?.[0] ?? '';
  const quoted = matchAt(QUOTED, text, start + wrapper.length);
  if (quoted) {
    const kept = wrapper + (quoted[1] ?? '');
    return text.startsWith(REDACTED, start + kept.length)
      ? ['', undefined]
      : [kept, start + wrapper.length + quoted[0].length];
  }
  if (/[:：]/.test(separator) && !IS_HEADER.test(name)) {
    const block = matchAt(BLOCK, text, start);
    if (block) return ['', start + block[0].length];
  }
  if (!/[:：]/.test(separator)) return ['', findMatchEnd(ASSIGNED, text, start)];
  if (quote !== undefined) return ['', findMatchEnd(JSON_VALUE, text, start)];
  if (!IS_HEADER.test(name)) return ['', findMatchEnd(QUOTED_VALUE, text, start)];
  const header = matchAt(/["']/.test(before) ? QUOTED_HEADER : HEADER, text, start);
  if (!header) return ['', undefined];
  const scheme = header[1] ?? '';
  return text.startsWith(REDACTED, start + scheme.length) ? ['', undefined] : [scheme, start + header[0].length];
}

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}

function findMatchEnd(pattern: RegExp, text: string, start: number): number | undefined {
  const found = matchAt(pattern, text, start);
  return found ? start + found[0].length : undefined;
}

/**
 * Patterns of texts in which a value does not directly follow its name. Each pattern has a mark that every match contains. Masking keeps
 * the groups `start` and `end`. If a pattern has the group `name`, a match is masked only if that name is secret.
 */
const SEPARATED_VALUE: readonly (readonly [mark: string, pattern: RegExp])[] = [
  // PostgreSQL: Key (email, password)=(ada, x) already exists. The key of an index has at most 2,704 bytes.
  [
    ')=(',
    /(?<start>\((?<name>[^()]{1,256})\)=\().{1,2704}?(?<end>\)(?= (?:already|is (?:not|still)|conflicts)|\.?\s*$))/gm,
  ],
  ['contains (', /(?<start>Failing row contains \().*(?<end>\))/g],
  [':', /(?<start>(?:--\s*PARAMETERS|\bparameters(?=:\s*(?:\$1|\[))|^params):\s*)(?!\[REDACTED\])\S[^\r\n]*/gim],
  ["'", /(?<start>\b(?:password|identified\s+by)\s+')(?:[^']|'')+(?<end>')/gi],
  [
    "'",
    /(?<start>(?<![\w.])(?<name>[\w.]{1,128})["`]?\s*(?:<>|!=|\b(?:not\s+)?(?:i?like|in)\b)(?:\s*\()?\s*')(?:[^']|'')+(?<end>')/gi,
  ],
  // A word with letters and digits, or a quoted text, in a sentence about a password.
  [
    'assword ',
    /(?<start>\b(?:\w+_)?(?:password|passwd)(?:\s+(?:is|was|were|to|of|set|changed|value))*\s+)(?:(["'])(?:(?!\2)[^\r\n])+\2|(?=[^\s"',;]*\d)(?=[^\s"',;]*[A-Za-z])[^\s"',;]{6,})/gi,
  ],
  ['PASSWORD ', /(?<start>\b(?:\w+_)?PASSWORD\s+)(?=[^\s"',;]*\d)(?=[^\s"',;]*[A-Za-z])[^\s"',;]{6,}/g],
  ['otp ', /(?<start>\botp (?:code )?(?:is |was )?)(?=\w*\d)\w{4,}/gi],
  [' with value ', /(?<start>(["'])(?<name>[^"']{1,128})\2 with value )(["'])(?:(?!\4)[^])+\4/g],
  [' at path ', /(?<start> for value )(["'])(?:(?!\2)[^])+\2(?<end> \([^()]*\) at path "(?<name>[^"]{1,128})")/g],
  ['Duplicate entry ', /(?<start>Duplicate entry )'(?:[^']|'')*'(?<end> for key '(?<name>[^']{1,128})')/g],
  ['response=', /(?<start>\bresponse=["']?)[\da-f]{32,128}(?![\da-z])/gi],
  ['AUTH ', /(?<start>\bAUTH (?:PLAIN|LOGIN|XOAUTH2) )[\w+/=]{8,}/g],
  ['sshpass ', /(?<start>\bsshpass\b[^\r\n|;]{0,500}?\s-p\s*)\S+/g],
  ['redis-cli ', /(?<start>\bredis-cli\b[^\r\n|;]{0,500}?\s-a\s+)\S+/g],
  ['mysql ', /(?<start>\bmysql(?:dump|admin)?\b[^\r\n|;]{0,500}?\s-p)[^\s-]\S*/g],
  [
    'curl ',
    /(?<start>\bcurl\b(?:(?!\bcurl\b)[^\r\n]){0,2000}?\s(?:-b|--cookie)[ =])(?:"[^"\r\n]+"|'[^'\r\n]+'|[^\s"']+)/g,
  ],
  ['CDATA', /(?<start><(?<name>[\w:.-]+)(?:\s[^<>]{0,256})?>\s*<!\[CDATA\[)[^]*?(?=\]\]>|$)/g],
  ['--', /(?<start>(?<![\w-])--(?<name>[\w-]{1,128})[ \t]+["']?)[^\s"'-][^\s"']*/g],
  ['curl ', /(?<start>\bcurl\b(?:(?!\bcurl\b)[^\r\n]){0,2000}?\s(?:-u|--user)[ =]["']?[^\s:"']+:)[^\s"']+/g],
  ['</', /(?<start><(?<name>[\w:.-]+)(?:\s[^<>]{0,256})?>)[^<]+(?=<\/\2>)/g],
  // A pair of a name and a value in JSON, in console output, in XML or in a multipart form.
  [
    'value',
    /(?<start>(["']?)\b(?:name|key|field|header|param|path|property|id)\2\s*[:=]\s*(["'])(?<name>[^"']{1,128})\3(?:\s*,)?\s*\2value\2\s*[:=]\s*(["']))(?:(?!\5)[^])+/gi,
  ],
  ['name="', /(?<start>\bname="(?<name>[^"]{1,128})"(?:\r?\n[^\r\n]+){0,16}\r?\n\r?\n)[^]+?(?=\r?\n--|$)/g],
  ['%3', /(?<start>(?:(?<=%(?:26|3F))|(?<![\w.-])(?<!%(?=26|3F)))(?<name>[\w.-]+)%3D)(?:(?!%26)[^\s&"'])+/gi],
];

const SQL_INSERT = /(\binsert\s+into\s+[\w".`[\]]+\s*\(([^()]{1,4096})\)\s*values\s*)([^]*)/gi;
const SQL_TEXT = /'(?:[^']|'')*'/g;
const PAIR = /(\[\s*(["'])([^"'\\]{1,128})\2\s*,\s*(["']))((?:(?!\4)[^])+)(?=\4\s*\])/g;

/** Masks secret values that do not directly follow their name in `text`, for example in SQL, XML and command lines. */
export function maskApart(text: string): string {
  let masked = text.includes('=') ? text.replace(QUERY, `$1${REDACTED}`) : text;
  for (const [mark, pattern] of SEPARATED_VALUE) {
    if (masked.includes(mark)) masked = masked.replace(pattern, maskGroups);
  }
  if (masked.includes("'")) {
    masked = masked.replace(SQL_INSERT, (match, start: string, columns: string, values: string) =>
      hasSecretName(columns) ? start + values.replace(SQL_TEXT, `'${REDACTED}'`) : match,
    );
  }
  if (!masked.includes('[')) return masked;
  return masked.replace(PAIR, (match, start: string, _quote, name: string, _other, value: string) =>
    isSecret(name) && containsNoFieldName(value) ? start + REDACTED : match,
  );
}

function maskGroups(match: string, ...groups: unknown[]): string {
  // The last argument holds the named groups.
  const { start = '', name, end = '' } = groups.at(-1) as Partial<Record<'start' | 'name' | 'end', string>>;
  const value = match.slice(start.length, match.length - end.length);
  const isSecretValue = name === undefined || (hasSecretName(name) && !isTokenCount(name, value));
  return isSecretValue ? start + REDACTED + end : match;
}

function hasSecretName(names: string): boolean {
  return names.split(',').some((name) => isSecret(name.trim()));
}
