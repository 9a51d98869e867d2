/** A part of a query that reads like a time or a question. The search would take it for words, and find nothing. */
interface UnclearPart {
  readonly code: 'timeInWords' | 'question';
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly nearest?: string;
}

const UNIT = '(minute|hour|day|week|month|year)s?';
const WEEKDAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const MONTH = '(?:january|february|march|april|may|june|july|august|september|october|november|december)';
const SINCE = '(?:since|after|from)';
const UNTIL = '(?:until|till|before|to)';
const AT = `(?:(?:${SINCE}|${UNTIL}|on|at|in|last|past|this|next)\\s+)`;
const TIME = String.raw`(today|yesterday|\d{4}-\d\d-\d\d\S*|\d+[mhdw])`;
const DAYS: Readonly<Record<string, number>> = { month: 30, year: 365 };

type Meant = (...groups: readonly (string | undefined)[]) => string;

const sinceLength: Meant = (count = '1', unit = '') => {
  const days = DAYS[unit.toLowerCase()];
  return `since:${days === undefined ? `${count}${unit.charAt(0)}` : `${Number(count) * days}d`}`;
};

/** The first pattern that matches a part of the query decides. */
const UNCLEAR: readonly (readonly [code: UnclearPart['code'], pattern: RegExp, meant?: Meant])[] = [
  ['timeInWords', spoken(String.raw`between\s+${TIME}\s+and\s+${TIME}`), (from, to) => `since:${from} until:${to}`],
  ['timeInWords', spoken(String.raw`${SINCE}\s+${TIME}`), (time) => `since:${time}`],
  ['timeInWords', spoken(String.raw`${UNTIL}\s+${TIME}`), (time) => `until:${time}`],
  ['timeInWords', spoken(String.raw`(?:on\s+)?(today|yesterday)`), (day) => `on:${day}`],
  ['timeInWords', spoken(String.raw`(?:(?:in|within|over)\s+)?(?:the\s+)?(?:last|past|previous|this)\s+(?:(\d{1,4})\s+)?${UNIT}`), sinceLength],
  ['timeInWords', spoken(String.raw`(\d{1,4})\s*${UNIT}\s+ago`), sinceLength],
  ['timeInWords', spoken(`${AT}*${WEEKDAY}`)],
  ['timeInWords', spoken(String.raw`${AT}${MONTH}(?:\s+\d{4})?`)],
  ['timeInWords', spoken(String.raw`${AT}*(?:\d{1,2}(?::\d\d){1,2}(?:\s*[ap]m)?|\d{1,2}\s*[ap]m)`)],
  ['timeInWords', spoken(String.raw`(?:last|this)\s+(?:night|morning|afternoon|evening)|(?:${SINCE}|${UNTIL}|in)\s+20\d\d(?:-\d\d)?`)],
  ['timeInWords', spoken('since|until|till|ago|tomorrow')],
  ['question', spoken(String.raw`(?:who|whom|what|which|when|where|why|how)(?:\s+(?:do|does|did|is|are|was|were|has|have))?`)],
]; // prettier-ignore

function spoken(pattern: string): RegExp {
  return new RegExp(String.raw`(?<!\S)(?:${pattern})(?![^\s?!.])`, 'gi');
}

/** Finds the unclear parts of the words of a query. @param words the query with hyphens in place of everything else */
export function unclearParts(words: string): readonly UnclearPart[] {
  let rest = words;
  return UNCLEAR.flatMap(([code, pattern, meant]) => {
    const parts = [...rest.matchAll(pattern)].map((found): UnclearPart => {
      const [part, ...groups] = found;
      const place = { code, start: found.index, end: found.index + part.length };
      return meant ? { ...place, nearest: meant(...groups).toLowerCase() } : place;
    });
    rest = rest.replace(pattern, (part) => '-'.repeat(part.length));
    return parts;
  });
}
