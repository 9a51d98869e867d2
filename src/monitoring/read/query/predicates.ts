import type { Catalogue } from '../../../audit/nest-free.js';
import { LEDGER_READS_CATEGORY } from '../access/own-events.js';
import type { ListFilters } from './event-query.dto.js';
import { FIELD_NAMES, getFieldFilter, type FieldFilter, type FieldName } from './field-filters.js';
import { listComparisons, isRange, type RangeName, type Scalar } from './filter-values.js';
import { parseTime } from './query-times.js';
import { toNumber, splitWords } from './query-parameters.js';
import { resolveOptionalRange, type TimeRange } from './time-range.js';
import { removeFillers } from './word-meanings.js';
import { readErrors } from '../../errors/read.errors.js';

export type ValueTest =
  /** The field equals one of the values. In a JSON field, the number 5 and the text "5" are equal. */
  | { readonly is: 'equal'; readonly values: readonly Scalar[] }
  | { readonly is: 'begun'; readonly prefix: string }
  /** The field matches the regular expression that `toSpellingPattern()` returned. */
  | { readonly is: 'spelt'; readonly pattern: string }
  /** The field is an IP address that lies in the network or equals the given address. */
  | { readonly is: 'within'; readonly network: string }
  /** The field is a number from `least` to `most`, inclusive. */
  | { readonly is: 'between'; readonly minimum: number; readonly maximum: number }
  /** The field is a number or a time beyond the bound. A text that contains a number or a time counts as that number or time. */
  | { readonly is: RangeName; readonly bound: number | Date }
  | { readonly is: 'present' };

/** Requires that a field passes one of the tests. With `isNot`, the field must pass none of the tests; an absent field matches. */
export interface FieldPredicate {
  readonly on: 'field';
  readonly field: FieldName;
  readonly anyOf: readonly ValueTest[];
  readonly isNot: boolean;
  /**
   * Another field that may match instead of this field. With `ofResource`, the other field counts only for resources of the given type.
   * Examples: `sessionId` also finds events about the session, and `actorName` also finds an actor by id.
   */
  readonly or?: { readonly field: FieldName; readonly anyOf: readonly ValueTest[]; readonly ofResource?: string };
}

/** Requires that the value at a path of `details` or `metadata`, or an item of a list at that path, passes one of the tests. */
export interface PathPredicate {
  readonly on: 'path';
  readonly root: 'details' | 'metadata';
  readonly path: readonly string[];
  readonly anyOf: readonly ValueTest[];
  readonly isNot: boolean;
}

/** A condition of a query, independent of how events are stored. Archives support only conditions on `field` and `time`. */
export type Predicate =
  | FieldPredicate
  | PathPredicate
  /** Requires that each word occurs in a searched field, in the details or in the changes. Upper case and accents do not matter. */
  | {
      readonly on: 'words';
      readonly words: readonly string[];
      /** Whether details of events about reads are also searched. If `true`, a search also finds earlier searches for the same word. */
      readonly findsReads: boolean;
    }
  /** Requires that `changes.diff` has an entry at, below or above one of the JSON Pointers. */
  | { readonly on: 'changed'; readonly anyOf: readonly string[] }
  /** Requires that the event is by, for or about a record, such as a person or a session. Other events of the same operation also match. */
  | { readonly on: 'about'; readonly type: string; readonly id: string }
  /** Requires that the event names one of the resources as a related one. Without an id, any resource of the type matches. */
  | { readonly on: 'related'; readonly anyOf: readonly { readonly type: string; readonly id?: string }[] }
  /** Excludes row changes whose operation has an event. */
  | { readonly on: 'rows' }
  /** Requires that the time in the event's id is in the range. */
  | ({ readonly on: 'time' } & Partial<TimeRange>);

export type FilterMeaning = Pick<Catalogue, 'canonicalName' | 'isActionOnly' | 'complianceTags'>;

/**
 * Translates a query into predicates. An event must match all predicates.
 *
 * @throws `AUDIT_QUERY_INVALID` if no action has a given compliance tag, or if `type` is the name of an action
 */
export function buildPredicates(query: ListFilters, meaning: FilterMeaning): readonly Predicate[] {
  const predicates: Predicate[] = [];
  for (const field of FIELD_NAMES) {
    for (const [operator, values] of listComparisons(query[field])) {
      const tests = buildFieldTests(getFieldFilter(field), operator, values, meaning);
      const or = buildAlternative(field, operator, values, tests);
      predicates.push({ on: 'field', field, ...tests, ...(or && { or }) });
    }
  }
  for (const root of ['details', 'metadata'] as const) {
    for (const [path, input] of Object.entries(query[root] ?? {})) {
      for (const [operator, values] of listComparisons(input)) {
        predicates.push({ on: 'path', root, path: path.split('.'), ...buildTests(operator, values, toScalarTests) });
      }
    }
  }
  for (const [operator, values] of listComparisons(query.compliance)) {
    const tests = buildTests(operator, values, (tags) => buildEqualTests(listActionsByTag(tags, meaning)));
    const isAsked = operator === 'exists' ? buildEqualTests(listActionsByTag(undefined, meaning)) : tests.anyOf;
    predicates.push({ on: 'field', field: 'action', ...tests, anyOf: isAsked });
  }
  if (query.q !== undefined) {
    const findsReads = listComparisons(query.category).some(
      ([operator, values]) => operator !== 'ne' && values.includes(LEDGER_READS_CATEGORY),
    );
    predicates.push({ on: 'words', words: removeFillers(splitWords(query.q)), findsReads });
  }
  if (query.changed !== undefined) predicates.push({ on: 'changed', anyOf: [query.changed].flat() });
  if (query.about !== undefined) {
    const [type = '', ...rest] = query.about.split('/');
    predicates.push({ on: 'about', type, id: rest.join('/') });
  }
  if (query.related !== undefined) {
    const anyOf = [query.related].flat().map((text) => {
      const at = text.indexOf('/');
      return at < 0 ? { type: text } : { type: text.slice(0, at), id: text.slice(at + 1) };
    });
    predicates.push({ on: 'related', anyOf });
  }
  if (query.rows === false) predicates.push({ on: 'rows' });
  if (query.from !== undefined || query.to !== undefined) {
    predicates.push({ on: 'time', ...resolveOptionalRange(query) });
  }
  return predicates;
}

export function isEqual(field: FieldName, ...values: readonly string[]): FieldPredicate {
  return { on: 'field', field, anyOf: buildEqualTests(values), isNot: false };
}

type Tests = Pick<FieldPredicate, 'anyOf' | 'isNot'>;

function buildTests(
  operator: string,
  values: readonly unknown[],
  anyOf: (values: readonly unknown[], isExact: boolean) => readonly ValueTest[],
): Tests {
  if (operator === 'exists') return { anyOf: [{ is: 'present' }], isNot: String(values[0]) === 'false' };
  if (isRange(operator)) {
    const bound = toNumber(values[0]) ?? parseTime(values[0] as string | Date); // checked
    return { anyOf: [{ is: operator, bound }], isNot: false };
  }
  return { anyOf: anyOf(values, operator === 'eq'), isNot: operator === 'ne' };
}

function buildFieldTests(
  { filter }: FieldFilter,
  operator: string,
  values: readonly unknown[],
  meaning: FilterMeaning,
): Tests {
  return buildTests(operator, values, (input, isExact): readonly ValueTest[] => {
    const texts = input.map(String);
    switch (filter) {
      case 'ip':
        return texts.map((network) => ({ is: 'within', network }));
      case 'status':
        return texts.map((text) => buildStatusTest(text));
      case 'method':
        return buildEqualTests(texts.flatMap((text) => [...new Set([text, text.toUpperCase()])]));
      case 'word':
        return buildEqualTests(texts);
      case 'type':
        return buildTextTests(texts, isExact, (type) =>
          isExact ? meaning.canonicalName(type) : resolveTypeName(type, meaning),
        );
      case 'name':
        return isExact ? buildEqualTests(texts) : texts.map((text) => ({ is: 'spelt', pattern: toNamePattern(text) }));
      case 'text':
        return buildTextTests(texts, isExact);
    }
  });
}

function buildAlternative(
  field: FieldName,
  operator: string,
  values: readonly unknown[],
  { anyOf }: Tests,
): FieldPredicate['or'] {
  if (field === 'sessionId') return { field: 'resourceId', anyOf, ofResource: 'session' };
  return field === 'actorName' && operator === 'is'
    ? { field: 'actorId', anyOf: toScalarTests(values, false) }
    : undefined;
}

function toNamePattern(text: string): string {
  return text.endsWith('*') ? `^${toSpellingPattern(text.slice(0, -1))}` : toSpellingPattern(text);
}

function resolveTypeName(type: string, meaning: FilterMeaning): string {
  if (meaning.isActionOnly(type)) {
    throw readErrors.AUDIT_QUERY_INVALID([
      `type=${type} names an action, not an event type: write action=${type}, or type[eq]=${type} for a type of that name`,
    ]);
  }
  return meaning.canonicalName(type);
}

function buildTextTests(
  texts: readonly string[],
  isExact: boolean,
  toName = (text: string): string => text,
): readonly ValueTest[] {
  const isBegun = (text: string): boolean => !isExact && text.endsWith('*');
  const whole = texts.filter((text) => !isBegun(text)).map((text) => toName(text));
  const started = texts.filter(isBegun).map((text): ValueTest => ({ is: 'begun', prefix: text.slice(0, -1) }));
  return [...(whole.length > 0 ? buildEqualTests(whole) : []), ...started];
}

function toScalarTests(values: readonly unknown[], isExact: boolean): readonly ValueTest[] {
  const texts = values.filter((value) => typeof value === 'string');
  const others = values.filter((value) => typeof value !== 'string') as Scalar[]; // checked
  return [...buildTextTests(texts, isExact), ...(others.length > 0 ? buildEqualTests(others) : [])];
}

function buildEqualTests(values: readonly Scalar[]): readonly ValueTest[] {
  return [{ is: 'equal', values }];
}

/** As in retention, a tag applies to all outcomes of an action. */
function listActionsByTag(requested: readonly unknown[] | undefined, meaning: FilterMeaning): readonly string[] {
  const tagsByAction = [...meaning.complianceTags()];
  const known = new Set(tagsByAction.flatMap(([, tags]) => tags));
  const unknown = (requested ?? []).filter((tag) => !known.has(tag as string)); // has() accepts any value at run time
  if (unknown.length > 0) {
    const tags = [...known].sort().join(', ');
    throw readErrors.AUDIT_QUERY_INVALID([`compliance must be one of ${tags}, not ${unknown.join(', ')}`]);
  }
  return tagsByAction
    .filter(([, tags]) => (requested === undefined ? tags.length > 0 : tags.some((tag) => requested.includes(tag))))
    .map(([action]) => action);
}

function buildStatusTest(text: string): ValueTest {
  const withDigits = (digit: string): number => Number(text.replace(/x/gi, digit));
  return { is: 'between', minimum: withDigits('0'), maximum: withDigits('9') };
}

/**
 * Creates regular expressions that find a text in upper or lower case, with or without accents. A pattern lists all spellings of each
 * letter, so that the database's locale does not affect the result. PostgreSQL, its JSON paths and DuckDB accept these patterns.
 */

/** Ranges of code points: Latin, Greek and Cyrillic. */
const ALPHABETS = [
  [0x41, 0x24f],
  [0x370, 0x52f],
  [0x1e00, 0x1fff],
] as const;

/** These letters have no Unicode decomposition. */
const OTHER_BASES: Readonly<Record<string, string>> = { ø: 'o', ł: 'l', đ: 'd', ħ: 'h', ŧ: 't', ı: 'i' };

const LIGATURES: ReadonlyMap<string, string> = new Map([
  ['ss', 'ßẞ'],
  ['ae', 'æÆäÄ'],
  ['oe', 'œŒöÖ'],
  ['ue', 'üÜ'],
]);

const ACCENTS = '[\u0300-\u036f]*';

function toBaseLetter(letter: string): string {
  const lower = letter
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  return OTHER_BASES[lower] ?? lower;
}

const SPELLINGS: ReadonlyMap<string, string> = groupSpellings();

function groupSpellings(): ReadonlyMap<string, string> {
  const spellings = new Map<string, string>();
  for (const [first, last] of ALPHABETS) {
    for (let code = first; code <= last; code++) {
      const letter = String.fromCharCode(code);
      if (!/^\p{L}$/u.test(letter)) continue;
      const base = toBaseLetter(letter);
      spellings.set(base, `${spellings.get(base) ?? ''}${letter}`);
    }
  }
  return spellings;
}

/** Returns a regular expression that finds a text anywhere, in any spelling. */
export function toSpellingPattern(text: string): string {
  const bases = Array.from(text.normalize('NFC'), (letter) => (letter === 'ß' ? 'ss' : toBaseLetter(letter))).join('');
  let pattern = '';
  for (let at = 0; at < bases.length;) {
    const [pair, letter] = [bases.slice(at, at + 2), String.fromCodePoint(bases.codePointAt(at) ?? 0)];
    const ligature = LIGATURES.get(pair);
    pattern +=
      ligature === undefined
        ? toLetterClass(letter)
        : `(${toLetterClass(pair[0] ?? '')}${toLetterClass(pair[1] ?? '')}|[${ligature}])`;
    at += ligature === undefined ? letter.length : 2;
  }
  return pattern;
}

function toLetterClass(letter: string): string {
  const spellings = SPELLINGS.get(letter);
  return spellings === undefined ? escapeRegex(letter) : `[${spellings}]${ACCENTS}`;
}

/** Escapes a text for a regular expression, so that the text matches only itself. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
