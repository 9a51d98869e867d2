import { findNearestName } from '../../../../audit/browser.js';
import type { RangeName } from '../filter-values.js';
import { parseEndTime, isDay, isMoment, parseTime } from '../query-times.js';
import { toFilterName, findQualifier, findNearestQualifier, type Qualifier } from './qualifiers.js';

type Operator = 'is' | RangeName | 'between' | 'exists';

/** The position of a term or a value in the text of the query. */
export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface QueryValue extends Span {
  readonly text: string;
  /** Whether the value was in quotation marks. Within quotation marks, `*` has no special meaning. */
  readonly isQuoted: boolean;
}

/** A condition on a field. The condition may be negated: `-type:order_*`. */
export interface FieldTerm extends Span {
  readonly kind: 'field';
  readonly qualifier: Qualifier;
  /** The name of the filter in the HTTP API. */
  readonly filter: string;
  /** The name as it was typed, without the minus of a negation. */
  readonly name: string;
  readonly isNegated: boolean;
  readonly operator: Operator;
  /** At least one of the values must match. For `between`, the list has the two ends; for `exists`, it is empty. */
  readonly values: readonly QueryValue[];
}

interface WordTerm extends QueryValue {
  readonly kind: 'word';
}

export type Term = FieldTerm | WordTerm;

type QueryKey<Key> = Key extends `query.${infer Code}` ? Code : never;
type QueryProblemCode = QueryKey<keyof typeof QUERY_PROBLEMS>;

/** A problem of a query, and its position. `nearest` is what to write instead; empty to leave the part out. */
export interface QueryProblem extends Span {
  readonly code: QueryProblemCode;
  readonly params: Readonly<Record<string, string>>;
  readonly nearest?: string;
}

export interface ParsedQuery {
  readonly text: string;
  readonly terms: readonly Term[];
  readonly problems: readonly QueryProblem[];
}

const TOKEN = /(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g;
const FIELD = /^(-?)([A-Za-z][\w-]*(?:\.[^\s:"]*)?):/;
const COMPARISON = /^(>=|<=|>|<)/;
const SIGNS: Readonly<Record<string, Operator>> = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' };

/** Parses a query in the language that people type. Never throws: `problems` lists the errors with their positions. */
export function parseQuery(text: string): ParsedQuery {
  const problems: QueryProblem[] = [];
  const terms = [...text.matchAll(TOKEN)]
    .map(({ 0: token, index }) => readTerm(token, index, problems))
    .filter((term) => term !== null);
  checkTogether(terms, problems);
  problems.push(...findUnclearParts(extractWords(text, terms)).map((part) => ({ ...part, params: {} })));
  return { text, terms, problems: problems.sort((one, other) => one.start - other.start) };
}

function extractWords(text: string, terms: readonly Term[]): string {
  const words = terms.filter((term) => term.kind === 'word' && !term.isQuoted);
  const isWord = (index: number): boolean => words.some(({ start, end }) => index >= start && index < end);
  return text.replace(/\S/g, (letter, index: number) => (isWord(index) ? letter : '-'));
}

function readTerm(token: string, start: number, problems: QueryProblem[]): Term | null {
  const span = { start, end: start + token.length };
  const blame = (code: QueryProblemCode, at: Span, params: Record<string, string> = {}, meant?: string) => {
    problems.push({ code, start: at.start, end: at.end, params, ...(meant !== undefined && { nearest: meant }) });
    return null;
  };
  if (hasOpenQuote(token)) return blame('openQuote', { start: start + token.lastIndexOf('"'), end: span.end });

  const [matched = '', minus, name = ''] = FIELD.exec(token) ?? [];
  if (matched === '') {
    const [, equal = ''] = /^-?([\w.-]+)=./.exec(token) ?? [];
    if (findQualifier(equal)) return blame('equalsSign', span, {}, token.replace('=', ':'));
    if (token.startsWith('-') && token.length > 1) return blame('negatedWord', span, { word: token.slice(1) });
    const word = unquoteValue(token.replace(/^\(?…([^)]+)\)?$/, '$1').replace(/\?$/, '')); // (…0dea2e) is how the viewer shortens an id
    return word === '' ? null : { kind: 'word', ...span, text: word, isQuoted: token.startsWith('"') };
  }

  const qualifier = findQualifier(name);
  if (qualifier === undefined) {
    const at = { start: start + (minus ?? '').length, end: start + matched.length - 1 };
    return blame('unknownName', at, { name }, findNearestQualifier(name));
  }

  const [sign = ''] = isInOrder(qualifier) ? (COMPARISON.exec(token.slice(matched.length)) ?? []) : [];
  const from = matched.length + sign.length;
  const rest = token.slice(from);
  if (rest === '') return blame('missingValue', { start, end: span.end }, { name });

  const isNegated = minus === '-';
  const filter = toFilterName(qualifier, name);
  const field = { kind: 'field', ...span, qualifier, filter, name, isNegated } as const;
  if (rest === '*' && sign === '' && qualifier.kind !== 'time' && qualifier.kind !== 'pointer')
    return { ...field, operator: 'exists', values: [] };

  const values = splitValues(rest, start + from);
  const empty = values.find((value) => value.text === '');
  if (empty !== undefined)
    return blame('missingValue', { start: empty.start, end: Math.max(empty.end, empty.start + 1) }, { name });

  const ends = sign === '' && values.length === 1 && isInOrder(qualifier) ? getRangeEnds(values[0]) : undefined;
  const operator = ends === undefined ? (SIGNS[sign] ?? 'is') : 'between';
  const term: FieldTerm = { ...field, operator, values: ends ?? values };
  checkTerm(term, blame);
  return term;
}

type Blame = (code: QueryProblemCode, at: Span, params?: Record<string, string>, meant?: string) => null;

function checkTerm(term: FieldTerm, blame: Blame): null {
  const { qualifier, isNegated, operator, values, name } = term;
  if (isNegated && ['time', 'pointer'].includes(qualifier.kind)) return blame('negatedTime', term, { name });
  if (isNegated && operator !== 'is') return blame('negatedRange', term, { name });
  if (operator !== 'is' && values.length > (operator === 'between' ? 2 : 1))
    return blame('severalTimes', term, { name });
  if (operator !== 'is') {
    for (const value of values) if (!isOrdered(value.text)) blame('notANumber', value, { value: value.text });
    return null;
  }
  if (qualifier.kind === 'time' && values.length > 1) return blame('severalTimes', term, { name });
  for (const value of values) checkValue(term, value, blame);
  return null;
}

function checkValue({ qualifier, isNegated, filter: name }: FieldTerm, value: QueryValue, blame: Blame): void {
  const { kind, words } = qualifier;
  const { text } = value;
  if (kind === 'word' && words?.includes(text) === false)
    blame('unknownWord', value, { value: text, words: words.join(', ') }, findNearestName(text, words));
  if (kind === 'time' && !isMoment(text)) blame('invalidTime', value, { value: text }, parseWrittenDay(text));
  else if (name === 'on' && !isDay(text)) blame('invalidDay', value, { value: text });
  if (kind === 'ip' && !/^[\da-f.:]+(?:\/\d{1,3})?$/i.test(text)) blame('invalidIp', value, { value: text });
  if (kind === 'status' && !/^[1-5](?:\d\d|xx)$/i.test(text)) blame('invalidStatus', value, { value: text });
  if (kind === 'pointer' && !text.startsWith('/')) blame('invalidPointer', value, { value: text }, `/${text}`);
  if (kind === 'resource' && isNegated && text.includes('/'))
    blame('negatedRecord', value, { value: text, id: text.slice(text.indexOf('/') + 1) });
}

function checkTogether(terms: readonly Term[], problems: QueryProblem[]): void {
  const fields = terms.filter((term) => term.kind === 'field');
  for (const filter of ['from', 'to']) {
    const second = fields.filter((term) => [filter, 'on'].includes(term.filter))[1];
    if (second !== undefined) problems.push({ code: 'severalTimes', ...toSpan(second), params: { name: second.name } });
  }
  const records = fields
    .filter(({ qualifier, isNegated }) => qualifier.kind === 'resource' && !isNegated)
    .flatMap(({ values }) => values);
  const withId = records.filter(({ text }) => text.includes('/'));
  const types = new Set(records.map(({ text }) => text.split('/')[0]));
  const [, other] = records;
  if (withId.length > 0 && types.size > 1 && other !== undefined)
    problems.push({ code: 'severalRecords', ...toSpan(other), params: { value: other.text } });
  const [from, to] = ['from', 'to'].map((filter) => fields.find((term) => term.filter === filter)?.values[0]?.text);
  const until = fields.find((term) => term.filter === 'to');
  if (from === undefined || to === undefined || until === undefined || !isMoment(from) || !isMoment(to)) return;
  if (parseTime(from) >= parseEndTime(to)) problems.push({ code: 'emptyRange', ...toSpan(until), params: {} });
}

function toSpan({ start, end }: Span): Span {
  return { start, end };
}

function isInOrder({ kind }: Qualifier): boolean {
  return kind === 'status' || kind === 'path';
}

function isOrdered(text: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(text) || isMoment(text);
}

function getRangeEnds(value: QueryValue | undefined): readonly [QueryValue, QueryValue] | undefined {
  if (value === undefined || value.isQuoted) return undefined;
  const at = value.text.indexOf('..');
  const [low, high] = [value.text.slice(0, at), value.text.slice(at + 2)];
  if (at <= 0 || !isOrdered(low) || !isOrdered(high)) return undefined;
  return [
    { text: low, isQuoted: false, start: value.start, end: value.start + at },
    { text: high, isQuoted: false, start: value.start + at + 2, end: value.end },
  ];
}

function splitValues(text: string, start: number): QueryValue[] {
  const values: QueryValue[] = [];
  let from = 0;
  for (const { 0: comma, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|,/g)) {
    if (comma !== ',') continue;
    values.push(parseValueAt(text, from, index, start));
    from = index + 1;
  }
  return [...values, parseValueAt(text, from, text.length, start)];
}

function parseValueAt(text: string, from: number, to: number, start: number): QueryValue {
  const raw = text.slice(from, to);
  return { text: unquoteValue(raw), isQuoted: raw.startsWith('"'), start: start + from, end: start + to };
}

function unquoteValue(raw: string): string {
  return raw.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner: string) => inner.replace(/\\(.)/g, '$1'));
}

function hasOpenQuote(token: string): boolean {
  return token.replace(/"(?:[^"\\]|\\.)*"/g, '').includes('"');
}

/** A part of a query that reads like a time or a question. The search would take it for words, and find nothing. */
interface UnclearPart {
  readonly code: 'timeInWords' | 'question';
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly nearest?: string;
}

const UNIT = '(minute|hour|day|week|month|year)s?';
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const NUMBER = String.raw`(?:[12]?\d|3[01])(?:st|nd|rd|th)?`;
const DATE = String.raw`(?:${NUMBER}\.?\s+(?:of\s+)?${MONTH}|${MONTH}\s+${NUMBER})(?:,?\s+20\d\d)?`;
const DAY = String.raw`today|yesterday|\d{4}-\d\d-\d\d|(?:(?:last|past|this)\s+)?(?:${WEEKDAYS.join('|')})|${DATE}`;
const IS_DAY = new RegExp(`^(?:${DAY})$`, 'i');
const SINCE = '(?:since|after|from)';
const UNTIL = '(?:until|till|before|to)';
const AT = `(?:(?:${SINCE}|${UNTIL}|on|at|in|last|past|this|next)\\s+)`;
const TIME = String.raw`(${DAY}|\d{4}-\d\d-\d\d\S*|\d+[mhdw])`;
const READ = String.raw`(?:has\s+|have\s+)?(?:read|viewed|accessed|saw|seen|(?:looked|looks)\s+at)`;
const DAYS: Readonly<Record<string, number>> = { month: 30, year: 365 };

type Meant = (...groups: readonly (string | undefined)[]) => string;

const sinceLength: Meant = (count = '1', unit = '') => {
  const days = DAYS[unit.toLowerCase()];
  return `since:${days === undefined ? `${count}${unit.charAt(0)}` : `${Number(count) * days}d`}`;
};

/** Returns the latest day before tomorrow that the words mean, such as `last Tuesday` or `27 Nov`, and other times unchanged. */
function suggestDay(words = '', now = new Date()): string {
  if (isMoment(words.toLowerCase())) return words;
  const text = words.toLowerCase().replace(/(?<=\d)(?:st|nd|rd|th)\b|[.,]|\bof\b/g, ' ');
  const today = parseTime('today', now);
  const weekday = WEEKDAYS.findIndex((name) => text.endsWith(name));
  const back = ((today.getUTCDay() - weekday + 6) % 7) + 1;
  const inYear = (year: number): Date => new Date(`${text} ${year} UTC`);
  const year = today.getUTCFullYear();
  const date = /20\d\d/.test(text) ? new Date(`${text} UTC`) : inYear(inYear(year) > today ? year - 1 : year);
  const day = weekday < 0 ? date : new Date(new Date(today).setUTCDate(today.getUTCDate() - back));
  return Number.isNaN(day.getTime()) ? text : day.toISOString().slice(0, 10);
}

/** Returns the day that somebody wrote as `friday`, `27-nov` or `27.11.2026`. */
function parseWrittenDay(text: string): string | undefined {
  const [, day = '', month = '', year] = /^(\d\d?)\.(\d\d?)\.(20\d\d)$/.exec(text) ?? [];
  const words = text.replaceAll('-', ' ');
  const meant = year === undefined ? suggestDay(words) : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return isMoment(meant) && (year !== undefined || IS_DAY.test(words)) ? meant : undefined;
}

const wholeMonth: Meant = (withYear, alone = '') => {
  const month = withYear ?? alone;
  const first = suggestDay(/\d-\d/.test(month) ? `${month}-01` : `1 ${month}`);
  const [year = 0, number = 0] = first.split('-').map(Number);
  return `since:${first} until:${first.slice(0, 8)}${new Date(Date.UTC(year, number, 0)).getUTCDate()}`;
};

/** The first pattern that matches a part of the query decides. */
const UNCLEAR: readonly (readonly [code: UnclearPart['code'], pattern: RegExp, meant?: Meant])[] = [
  ['timeInWords', toSpokenPattern(String.raw`(?:(?:between|from)\s+)?${TIME}\s+(?:and|to|until|till|-|–)\s+${TIME}`), (from, to) => `since:${suggestDay(from)} until:${suggestDay(to)}`],
  ['timeInWords', toSpokenPattern(String.raw`${SINCE}\s+${TIME}`), (time) => `since:${suggestDay(time)}`],
  ['timeInWords', toSpokenPattern(String.raw`${UNTIL}\s+${TIME}`), (time) => `until:${suggestDay(time)}`],
  ['timeInWords', toSpokenPattern(String.raw`(?:on\s+)?(${DAY})`), (day) => `on:${suggestDay(day)}`],
  ['timeInWords', toSpokenPattern(String.raw`(?:(?:in|within|over)\s+)?(?:the\s+)?(?:last|past|previous|this)\s+(?:(\d{1,4})\s+)?${UNIT}`), sinceLength],
  ['timeInWords', toSpokenPattern(String.raw`(\d{1,4})\s*${UNIT}\s+ago`), sinceLength],
  ['timeInWords', toSpokenPattern(String.raw`(?:(?:in|last|past|this)\s+)?(${MONTH}\s+20\d\d|20\d\d-(?:0[1-9]|1[0-2]))|(?:in|last|past|this)\s+(${MONTH})`), wholeMonth],
  ['timeInWords', toSpokenPattern(`${AT}${MONTH}`)],
  ['timeInWords', toSpokenPattern(String.raw`${AT}*(?:\d{1,2}(?::\d\d){1,2}(?:\s*[ap]m)?|\d{1,2}\s*[ap]m)`)],
  ['timeInWords', toSpokenPattern(String.raw`(?:last|this)\s+(?:night|morning|afternoon|evening)|(?:${SINCE}|${UNTIL}|in)\s+20\d\d(?:-\d\d)?`)],
  ['question', toSpokenPattern(String.raw`who\s+${READ}(?:\s+(?:the\s+)?(?:data|events|records?)\s+(?:of|about))?`), () => 'category:audit_access'],
  ['timeInWords', toSpokenPattern('since|until|till|ago|tomorrow')],
  ['question', toSpokenPattern(String.raw`(?:who|whom|what|which|when|where|why|how)(?:\s+(?:do|does|did|is|are|was|were|has|have))?`), () => ''],
]; // prettier-ignore

function toSpokenPattern(pattern: string): RegExp {
  return new RegExp(String.raw`(?<!\S)(?:${pattern})[?!.]*(?!\S)`, 'gi');
}

/** Finds the unclear parts of the words of a query. @param words the query with hyphens in place of everything else */
function findUnclearParts(words: string): readonly UnclearPart[] {
  let rest = words;
  return UNCLEAR.flatMap(([code, pattern, meant]) => {
    const parts = [...rest.matchAll(pattern)].map((found): UnclearPart => {
      const [part, ...groups] = found;
      const index = { code, start: found.index, end: found.index + part.length };
      return meant ? { ...index, nearest: meant(...groups).toLowerCase() } : index;
    });
    rest = rest.replace(pattern, (part) => '-'.repeat(part.length));
    return parts;
  });
}

/** The messages for problems of a query. Each message is shown after the part of the text that causes the problem. */
export const QUERY_PROBLEMS = {
  'query.unknownName': 'is not the name of a filter. To search for words, omit the colon.',
  'query.missingValue': 'lacks a value. {name}:* matches any value.',
  'query.openQuote': 'lacks the closing quotation mark.',
  'query.negatedWord': 'A word cannot be excluded. To search for the minus itself, use quotation marks.',
  'query.negatedTime': 'cannot be excluded.',
  'query.negatedRecord': 'A single record cannot be excluded. Exclude its id: -id:{id}',
  'query.negatedRange': 'A comparison cannot be excluded. Write the opposite one.',
  'query.notANumber': 'is neither a number nor a time.',
  'query.unknownWord': 'is not one of: {words}.',
  'query.invalidTime': 'is not a time, such as 2026-11-20, 2026-11-20T08:00Z, yesterday or 3d.',
  'query.invalidDay': 'is not a day, such as 2026-11-20, today or yesterday.',
  'query.timeInWords':
    'is not understood. Write on:2026-11-20, on:yesterday, since:3d or until:2026-11-20T08:00Z. To search for these words, use quotation marks.',
  'query.question':
    'is not understood. Leave out the words of a question. To search for these words, use quotation marks.',
  'query.equalsSign': 'is not a filter: a colon follows the name of a filter.',
  'query.invalidIp': 'is not an IP address or a range of them, such as 10.0.0.0/8.',
  'query.invalidStatus': 'is not a status code, such as 404, or a class of them, such as 5xx.',
  'query.invalidPointer': 'is not the path of a field, such as /status.',
  'query.severalRecords': 'A query cannot combine a record with records of other types. Name one type.',
  'query.severalTimes': '{name} can have only one value.',
  'query.emptyRange': 'The range is empty: its end is not after its beginning.',
} as const;
