import type { Catalogue } from '../../../audit/plain.js';
import { LEDGER_READS_CATEGORY } from '../access/ledger-reads.js';
import { anySpelling } from './any-spelling.js';
import type { ListFilters } from './event-filters.dto.js';
import { FIELD_NAMES, fieldFilter, type FieldFilter, type FieldName } from './field-filters.js';
import { comparisonsOf, isRange, type RangeName, type Scalar } from './given-values.js';
import { timeOf } from './query-times.js';
import { numberOf, wordsOf } from './query-values.js';
import { rangeAsked, type TimeRange } from './time-range.js';
import { InvalidQueryError } from './invalid-query.error.js';

/** A condition on one value. */
export type ValueTest =
  /** Is one of the values. In a JSON field, a number equals its text, and the other way round. */
  | { readonly is: 'equal'; readonly values: readonly Scalar[] }
  /** Is a text that begins with the prefix. */
  | { readonly is: 'begun'; readonly prefix: string }
  /** Contains the text, or begins with it, in any case and without accents. */
  | { readonly is: 'spelt'; readonly pattern: string }
  /** Is an address within the network, or is the address. */
  | { readonly is: 'within'; readonly network: string }
  /** Is a number within the bounds, both included. */
  | { readonly is: 'between'; readonly least: number; readonly most: number }
  /** Is a number or a time on that side of the bound; a text of one counts as one. */
  | { readonly is: RangeName; readonly bound: number | Date }
  | { readonly is: 'present' };

/** A field of an event passes one of the tests; with `isNot`, it passes none, which includes a field without a value. */
export interface FieldPredicate {
  readonly on: 'field';
  readonly field: FieldName;
  readonly anyOf: readonly ValueTest[];
  readonly isNot: boolean;
  /**
   * An alternative field with its tests, if the resource is of this type: `sessionId` also finds events about the session, and `actorName`
   * finds an actor by id.
   */
  readonly or?: { readonly field: FieldName; readonly anyOf: readonly ValueTest[]; readonly ofResource?: string };
}

/** A value at a path of `details` or `metadata` passes one of the tests; each item of a list there counts. */
export interface PathPredicate {
  readonly on: 'path';
  readonly root: 'details' | 'metadata';
  /** Names, separated by dots. */
  readonly path: string;
  readonly anyOf: readonly ValueTest[];
  readonly isNot: boolean;
}

/**
 * A condition of a query, independent of how events are stored. PostgreSQL understands all of them, archives only those on `field` and
 * `time`.
 */
export type Predicate =
  | FieldPredicate
  | PathPredicate
  /** All of the words occur, in any case and without accents: each in a searched field, or as a text or a number within the details. */
  | {
      readonly on: 'words';
      readonly words: readonly string[];
      /** Whether a read of the ledger is found by what it looked for: only where such reads are asked, since each search would find itself. */
      readonly findsReads: boolean;
    }
  /** `changes.diff` has an entry at, below or above one of the JSON Pointers. */
  | { readonly on: 'changed'; readonly anyOf: readonly string[] }
  /** The event is about a person, a session or another record: done by it, for it or to it, or in the same operation as such an event. */
  | { readonly on: 'about'; readonly type: string; readonly id: string }
  /** The event is not a row change whose operation has an event. */
  | { readonly on: 'rows' }
  /** The id's time is at or after the first moment, and before the other. */
  | ({ readonly on: 'time' } & Partial<TimeRange>);

/** The meaning of the words in a query. */
export type FilterMeaning = Pick<Catalogue, 'canonicalName' | 'isActionOnly' | 'complianceTags'>;

/**
 * Translates a query into predicates, all of which must hold for an event.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for a compliance tag that no action has, and a type that is an action
 */
export function predicatesOf(query: ListFilters, meaning: FilterMeaning): readonly Predicate[] {
  const predicates: Predicate[] = [];
  for (const field of FIELD_NAMES) {
    for (const [operator, values] of comparisonsOf(query[field])) {
      const tests = fieldTests(fieldFilter(field), operator, values, meaning);
      const or = otherWay(field, operator, values, tests);
      predicates.push({ on: 'field', field, ...tests, ...(or && { or }) });
    }
  }
  for (const root of ['details', 'metadata'] as const) {
    for (const [path, given] of Object.entries(query[root] ?? {})) {
      for (const [operator, values] of comparisonsOf(given)) {
        predicates.push({ on: 'path', root, path, ...testsOf(operator, values, anyScalars) });
      }
    }
  }
  for (const [operator, values] of comparisonsOf(query.compliance)) {
    const tests = testsOf(operator, values, (tags) => equalTo(actionsWith(tags, meaning)));
    const isAsked = operator === 'exists' ? equalTo(actionsWith(undefined, meaning)) : tests.anyOf;
    predicates.push({ on: 'field', field: 'action', ...tests, anyOf: isAsked });
  }
  if (query.q !== undefined) {
    const findsReads = comparisonsOf(query.category).some(
      ([operator, values]) => operator !== 'ne' && values.includes(LEDGER_READS_CATEGORY),
    );
    predicates.push({ on: 'words', words: wordsOf(query.q), findsReads });
  }
  if (query.changed !== undefined) predicates.push({ on: 'changed', anyOf: [query.changed].flat() });
  if (query.about !== undefined) {
    const [type = '', ...rest] = query.about.split('/');
    predicates.push({ on: 'about', type, id: rest.join('/') });
  }
  if (query.rows === false) predicates.push({ on: 'rows' });
  if (query.from !== undefined || query.to !== undefined) {
    predicates.push({ on: 'time', ...rangeAsked(query) });
  }
  return predicates;
}

/** The predicate that a field has one of the values. */
export function isEqual(field: FieldName, ...values: readonly string[]): FieldPredicate {
  return { on: 'field', field, anyOf: equalTo(values), isNot: false };
}

type Tests = Pick<FieldPredicate, 'anyOf' | 'isNot'>;

/** The tests for values that passed their check. */
function testsOf(
  operator: string,
  values: readonly unknown[],
  anyOf: (values: readonly unknown[], isExact: boolean) => readonly ValueTest[],
): Tests {
  if (operator === 'exists') return { anyOf: [{ is: 'present' }], isNot: String(values[0]) === 'false' };
  if (isRange(operator)) {
    const bound = numberOf(values[0]) ?? timeOf(values[0] as string | Date); // checked
    return { anyOf: [{ is: operator, bound }], isNot: false };
  }
  return { anyOf: anyOf(values, operator === 'eq'), isNot: operator === 'ne' };
}

function fieldTests(
  { filter }: FieldFilter,
  operator: string,
  values: readonly unknown[],
  meaning: FilterMeaning,
): Tests {
  return testsOf(operator, values, (given, isExact): readonly ValueTest[] => {
    const texts = given.map(String);
    switch (filter) {
      case 'ip':
        return texts.map((network) => ({ is: 'within', network }));
      case 'status':
        return texts.map((text) => statusTest(text));
      case 'method':
        return equalTo(texts.flatMap((text) => [...new Set([text, text.toUpperCase()])]));
      case 'word':
        return equalTo(texts);
      case 'type':
        return textTests(texts, isExact, (type) => (isExact ? meaning.canonicalName(type) : typeNamed(type, meaning)));
      case 'name':
        return isExact ? equalTo(texts) : texts.map((text) => ({ is: 'spelt', pattern: namePattern(text) }));
      case 'text':
        return textTests(texts, isExact);
    }
  });
}

function otherWay(
  field: FieldName,
  operator: string,
  values: readonly unknown[],
  { anyOf }: Tests,
): FieldPredicate['or'] {
  if (field === 'sessionId') return { field: 'resourceId', anyOf, ofResource: 'session' };
  return field === 'actorName' && operator === 'is'
    ? { field: 'actorId', anyOf: anyScalars(values, false) }
    : undefined;
}

/** A name that ends in a star matches at the beginning; any other name matches anywhere. */
function namePattern(text: string): string {
  return text.endsWith('*') ? `^${anySpelling(text.slice(0, -1))}` : anySpelling(text);
}

function typeNamed(type: string, meaning: FilterMeaning): string {
  if (meaning.isActionOnly(type)) {
    throw InvalidQueryError.create([
      `type=${type} names an action, not an event type: write action=${type}, or type[eq]=${type} for a type of that name`,
    ]);
  }
  return meaning.canonicalName(type);
}

/** Tests for equality with the values, and for prefixes with those that end in `*`. */
function textTests(
  texts: readonly string[],
  isExact: boolean,
  nameOf = (text: string): string => text,
): readonly ValueTest[] {
  const isBegun = (text: string): boolean => !isExact && text.endsWith('*');
  const whole = texts.filter((text) => !isBegun(text)).map((text) => nameOf(text));
  const begun = texts.filter(isBegun).map((text): ValueTest => ({ is: 'begun', prefix: text.slice(0, -1) }));
  return [...(whole.length > 0 ? equalTo(whole) : []), ...begun];
}

function anyScalars(values: readonly unknown[], isExact: boolean): readonly ValueTest[] {
  const texts = values.filter((value) => typeof value === 'string');
  const others = values.filter((value) => typeof value !== 'string') as Scalar[]; // checked
  return [...textTests(texts, isExact), ...(others.length > 0 ? equalTo(others) : [])];
}

function equalTo(values: readonly Scalar[]): readonly ValueTest[] {
  return [{ is: 'equal', values }];
}

/** The actions that have one of the tags, or any tag. A tag counts for an action with all its outcomes, as in retention. */
function actionsWith(wanted: readonly unknown[] | undefined, meaning: FilterMeaning): readonly string[] {
  const tagsByAction = [...meaning.complianceTags()];
  const known = new Set(tagsByAction.flatMap(([, tags]) => tags));
  const strange = (wanted ?? []).filter((tag) => !known.has(tag as string)); // matches any tag
  if (strange.length > 0) {
    const tags = [...known].sort().join(', ');
    throw InvalidQueryError.create([`compliance must be one of ${tags}, not ${strange.join(', ')}`]);
  }
  return tagsByAction
    .filter(([, tags]) => (wanted === undefined ? tags.length > 0 : tags.some((tag) => wanted.includes(tag))))
    .map(([action]) => action);
}

function statusTest(text: string): ValueTest {
  const withDigits = (digit: string): number => Number(text.replace(/x/gi, digit));
  return { is: 'between', least: withDigits('0'), most: withDigits('9') };
}
