import { parseQuery, type FieldTerm } from './parse-query.js';
import { findQualifier, nearestQualifier } from './qualifiers.js';
import { withoutTerm } from './query-text.js';

/**
 * Rewrites common phrases into the query language: `who: ada`, `type=user_login`, `refunds over 100`, `ip 203.0.113.7`, `order:17`, `who
 * read ben`, `errors in the last hour`, `yesterday`, `this week`, `10:32`. Quoted text and unknown words stay unchanged. If the text
 * contains several start times, only the last start time counts. The same rule applies to end times.
 *
 * @param isUtc whether a time of day is in UTC, instead of the time zone of the process
 */
export function rewriteQuery(text: string, isUtc: boolean, now = new Date()): string {
  const pieces = text.split(/("(?:[^"\\]|\\.)*"?)/);
  const rewritten = pieces.map((piece, nth) =>
    nth % 2 === 1
      ? piece
      : RULES.reduce((shorter, rule) => rule(shorter), withCalendar(withMinutes(piece, isUtc, now), now)),
  );
  return withLastTimes(complete(rewritten.join('')));
}

const RULES: readonly ((text: string) => string)[] = [
  // who viewed ben's data
  by(/(?<=\w)['’]s(?=\s+\S|$)/g, ''),
  // who changed order 17?
  by(/\?(?=\s*$)/g, ''),
  // 01a2…67c929, a shortened id: the end of the id suffices for a search
  by(/(?<!\S)[\w-]+…(?=[\w-]+(?!\S))/g, ''),
  // who: ada
  by(/(?<!\S)(-?[a-z][\w.-]*):\s+(?=[^\s:]+(?!\S)|$)/gi, '$1:'),
  // type=user_login
  (text) =>
    text.replace(/(?<!\S)(-?)([\w.-]+)=(?=\S|$)/g, (whole, minus: string, name: string) =>
      findQualifier(name) ? `${minus}${name}:` : whole,
    ),
  // status>=500, amount > 100
  by(/(?<!\S)(status|\w+\.[\w.-]+)\s*([<>]=?)\s*(?=-?\d)/gi, '$1:$2'),
  by(/(?<!\S)([a-z]\w*)\s*([<>]=?)\s*(?=-?\d)/gi, 'details.$1:$2'),
  // refunds over 100
  by(/(?<!\S)(?:over|above|more than)\s+(?=-?\d+(?!\S))/gi, 'details.amount:>'),
  by(/(?<!\S)(?:under|below|less than)\s+(?=-?\d+(?!\S))/gi, 'details.amount:<'),
  // who changed order 17: all events of the record
  by(/(?<!\S)(?:changed|edited|updated|modified|touched)\s+(?=(?:the\s+)?[a-z]+[\s:/]\S*\d)/gi, ''),
  by(
    /(?<!\S)(?:reads?|saw|seen|viewed|opened|accessed|looked (?:at|up))\s+([^\s:]+)(?:\s+(?:data|account|profile))?(?!\S)/gi,
    'category:audit_access,data_access -details.filters.prefix:* $1', // excludes the reads that the suggestions cause
  ),
  by(/(?<!\s)\s*(?<!\S)(?:for\s+)?whom(?!\S)/gi, ''),
  by(
    /(?<!\S)(?:who|what|which|when|where|show(?: me)?|did|does|was|were|happened(?:\s+to)?|everything|the)\s+(?=\S)/gi,
    '',
  ),
  // refused requests
  by(/(?<!\S)(denied|refused|rejected|blocked|failed)\s+requests?(?!\S)/gi, '$1'),
  // Ada tried to cancel the order: the sentence of an event that was not done
  by(/(?<!\S)tried to\s+(?=\S)/gi, '-outcome:success,partial '),
  // logged in yesterday, turned off: one word, because the rules below remove `in` and `on`
  by(
    /(?<!\S)(logged|signed|sign(?=\s+up)|switch(?:ed)?|turn(?:ed)?|take|took)\s+(in|out|on|off|up|away)(?!\S)/gi,
    '$1-$2',
  ),
  // what was done with API key 01a2, by token 01a2
  by(/(?<!\S)(?:(?:done\s+)?(?:with|by)\s+)?api[ -]?key\s+(?=[^\s:\d]*\d[^\s:]*(?!\S))/gi, 'about:api_key/'),
  by(/(?<!\S)(?:(?:done\s+)?(?:with|by)\s+)?token\s+(?=[^\s:\d]*\d[^\s:]*(?!\S))/gi, 'credential:'),
  // orders by Ada
  by(/(?<!\S)by\s+(?!(?:an?|the)\s|(?:to|yester)day)(?=[^\s:]+(?!\S))/gi, 'by:'),
  // failed log in last week: this rule must precede the rule that removes `in`
  by(/(?<!\S)(?:log|sign)(?:-| ?)(in|out)s?(?!\S)/gi, 'log$1'),
  by(/(?<!\S)(?:a|an|all|in|on|at|of|for|with|do|has|is|are)\s+(?=\S)/g, ''),
  // what failed or was denied in the last hour
  by(
    /(?<!\S)(?:(?:errors?|fail(?:ed|ures?)) (?:and|or) (?:denied|denials?|refus(?:als?|ed))|(?:denied|denials?|refus(?:als?|ed)) (?:and|or) (?:errors?|fail(?:ed|ures?)))(?!\S)/gi,
    'outcome:failure,denied',
  ),
  by(/(?<!\S)(?:errors?|failures?)(?!\S)/gi, 'outcome:failure'),
  by(/(?<!\S)(?:denials?|refusals?)(?!\S)/gi, 'outcome:denied'),
  // order:17
  (text) =>
    text.replace(/(?<!\S)([a-z]\w*):(?=[^\s:\d]*\d[^\s:]*(?!\S))/gi, (whole, name: string) =>
      (findQualifier(name) ?? nearestQualifier(name)) ? whole : `${name}/`,
    ),
  // from 203.0.113.7, session 01a2, since yesterday
  by(/(?<!\S)(?:ip|from|address)\s+(?=\d+\.\d+\.|[\da-f]*:[\da-f]*:)/gi, 'ip:'),
  by(/(?<!\S)(session|tenant|request|trace)\s+(?=[^\s:\d]*\d[^\s:]*(?!\S))/gi, '$1:'),
  by(/(?<!\S)(since|from|to)\s+(?=today|yesterday|-\d|\d{4}-)/gi, '$1:'),
  by(/(?<!\S)today(?!\S)/gi, 'since:today'),
  by(/(?<!\S)yesterday(?!\S)/gi, 'from:yesterday to:today'),
  // last 3 days
  by(/(?<!\S)(?:last|past) month(?!\S)/gi, 'since:-30d'),
  by(/(?<!\S)(?:last|past) (\d{1,4}) (m(?=in)|[hdw])\w+/gi, 'since:-$1$2'),
  by(/(?<!\S)(?:last|past) ([hdw])(?:our|ay|eek)(?!\S)/gi, 'since:-1$1'),
  // refunds: becomes singular, because the singular also finds the plural
  by(/(?<!\S)([a-z]{3,}[^\W\dsui_])s(?!\S)/g, '$1'),
];

function by(pattern: RegExp, rewritten: string): (text: string) => string {
  return (text) => text.replace(pattern, rewritten);
}

function withCalendar(text: string, now: Date): string {
  return text.replace(/(?<!\S)this (week|month)(?!\S)/gi, (_, length: string) => {
    const back = length.toLowerCase() === 'week' ? (now.getUTCDay() + 6) % 7 : now.getUTCDate() - 1;
    return `since:${new Date(now.getTime() - back * 86_400_000).toISOString().slice(0, 10)}`;
  });
}

/** `yesterday at 10:32` becomes a range of one minute. A time without a day stands for its last occurrence. */
function withMinutes(text: string, isUtc: boolean, now: Date): string {
  return text.replace(
    /(?<!\S)(?:(today|yesterday)\s+)?(?:at\s+)?([01]?\d|2[0-3]):([0-5]\d)(?!\S)/gi,
    (_, day: string | undefined, hour: number, minute: number) => {
      const begin = new Date(now);
      begin[isUtc ? 'setUTCHours' : 'setHours'](hour, minute, 0, 0);
      if (day === undefined ? begin > now : /y.s/i.test(day))
        begin[isUtc ? 'setUTCDate' : 'setDate'](begin[isUtc ? 'getUTCDate' : 'getDate']() - 1);
      return `from:${begin.toISOString()} to:${new Date(begin.getTime() + 60_000).toISOString()}`;
    },
  );
}

function withLastTimes(text: string): string {
  const times = parseQuery(text).terms.filter(
    (term) => term.kind === 'field' && term.qualifier.kind === 'time',
  ) as FieldTerm[]; // filtered
  return times
    .filter((term, nth) => times.findLastIndex(({ filter }) => filter === term.filter) > nth)
    .reduceRight((whole, term) => withoutTerm(whole, term), text);
}

function complete(text: string): string {
  return parseQuery(text)
    .problems.filter(
      ({ code, start, end, nearest: word }) => code === 'unknownWord' && word?.startsWith(text.slice(start, end)),
    )
    .reduceRight(
      (whole, { start, end, nearest: word = '' }) => `${whole.slice(0, start)}${word}${whole.slice(end)}`,
      text,
    );
}
