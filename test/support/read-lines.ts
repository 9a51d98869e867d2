export function readCef(line: string): {
  readonly header: readonly string[];
  readonly extension: Record<string, string>;
} {
  const parts = line.split(/(?<!(?<!\\)(?:\\\\)*\\)\|/);
  const header = parts.slice(0, 7).map((part) => part.replace(/\\([\\|])/g, '$1'));
  const rest = parts.slice(7).join('|');
  const keys = [...rest.matchAll(/(?:^| )([A-Za-z0-9]+)=/g)].filter(({ index }) => !isEscaped(rest, index));
  const extension: Record<string, string> = {};
  for (const [nth, match] of keys.entries()) {
    const value = rest.slice(match.index + match[0].length, keys[nth + 1]?.index);
    extension[match[1] ?? ''] = value.replace(/\\([\\=nr])/g, (_, code: string) => UNESCAPED[code] ?? code);
  }
  return { header, extension };
}

const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r' };

/** An odd number of backslashes escapes the next character. */
function isEscaped(text: string, at: number): boolean {
  return (/\\*$/.exec(text.slice(0, at))?.[0].length ?? 0) % 2 === 1;
}

const SYSLOG =
  /^<(\d{1,3})>1 (\S+) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) (-|(?:\[[\x21-\x7e]+(?: [\x21-\x7e]+="(?:[^"\\\]]|\\["\\\]])*")*\])+)(?: ([\s\S]*))?$/;

/** A message by the grammar of RFC 5424. */
export interface SyslogRead {
  readonly priority: number;
  readonly time: string;
  readonly host: string;
  readonly messageId: string;
  readonly elements: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly text: string;
}

export function readSyslog(message: string): SyslogRead | undefined {
  const [, priority, time = '', host = '', , , messageId = '', data = '', text = ''] = SYSLOG.exec(message) ?? [];
  if (priority === undefined) return undefined;
  const elements = [...data.matchAll(/\[([^ \]]+)((?: [^= ]+="(?:[^"\\\]]|\\["\\\]])*")*)\]/g)].map(
    ([, name = '', pairs = '']) => [name, parseParameters(pairs)] as const,
  );
  return { priority: Number(priority), time, host, messageId, elements: Object.fromEntries(elements), text };
}

function parseParameters(pairs: string): Readonly<Record<string, string>> {
  const found = [...pairs.matchAll(/ ([^= ]+)="((?:[^"\\\]]|\\["\\\]])*)"/g)];
  return Object.fromEntries(found.map(([, key = '', value = '']) => [key, value.replace(/\\(["\\\]])/g, '$1')]));
}
