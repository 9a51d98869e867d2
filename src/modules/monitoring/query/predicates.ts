import { anySpelling } from './any-spelling.js';
import type { EventFilters } from './event-filters.dto.js';
import { FIELD_NAMES, fieldFilter, type FieldFilter, type FieldName } from './field-filters.js';
import { comparisonsOf, isRange, type RangeName, type Scalar } from './given-values.js';
import { numberOf, timeOf, wordsOf } from './query-values.js';
import { InvalidQueryError } from './invalid-query.error.js';

/** A condition on one value. */
export type ValueTest =
  /** Is one of the values. Of a field of JSON, a number counts as the text that it is, and the other way round. */
  | { readonly is: 'equal'; readonly values: readonly Scalar[] }
  /** Is a text that begins so. */
  | { readonly is: 'begun'; readonly prefix: string }
  /** Holds the text, or begins with it, in any case and without accents. */
  | { readonly is: 'spelt'; readonly pattern: string }
  /** Is an address within the network, or is the address. */
  | { readonly is: 'within'; readonly network: string }
  /** Is a number from the one to the other, both included. */
  | { readonly is: 'between'; readonly least: number; readonly most: number }
  /** Is a number, or a time, on that side of the bound; a text that is one counts as one. */
  | { readonly is: RangeName; readonly bound: number | Date }
  | { readonly is: 'present' };

/** A field of an event passes any of the tests; or, with `isNot`, passes none, as one without a value does. */
export interface FieldPredicate {
  readonly on: 'field';
  readonly field: FieldName;
  readonly anyOf: readonly ValueTest[];
  readonly isNot: boolean;
  /**
   * Or another field passes its tests, if the resource is of this type: `sessionId` finds what was done to the session, too, and `actorName`
   * finds an actor by id.
   */
  readonly or?: { readonly field: FieldName; readonly anyOf: readonly ValueTest[]; readonly ofResource?: string };
}

/** The same of what is at a path of `details` or `metadata`; of a list there, each item counts. */
export interface PathPredicate {
  readonly on: 'path';
  readonly root: 'details' | 'metadata';
  /** Names with dots between them. */
  readonly path: string;
  readonly anyOf: readonly ValueTest[];
  readonly isNot: boolean;
}

/** All of the words occur, in any case and without accents, each in a searched field or a text within the details, or is a number there. */
interface WordsPredicate {
  readonly on: 'words';
  readonly words: readonly string[];
}

/** `changes.diff` has an entry at, below or above one of the JSON Pointers. */
interface ChangedPredicate {
  readonly on: 'changed';
  readonly anyOf: readonly string[];
}

/** It is about a person, a session or another record: done by it, for it or to it, or of the same operation as something that is. */
interface AboutPredicate {
  readonly on: 'about';
  readonly type: string;
  readonly id: string;
}

/** The id is of a moment from the one on and before the other. */
interface TimePredicate {
  readonly on: 'time';
  readonly from?: Date;
  readonly to?: Date;
}

/** What a query asks of an event, without a word of how it is stored. PostgreSQL and archives read the same; archives only what is on `field` and `time`. */
export type Predicate =
  FieldPredicate | PathPredicate | WordsPredicate | ChangedPredicate | AboutPredicate | TimePredicate;

/** What the words of a query mean. */
export interface FilterMeaning {
  /** The spelling that an event type is recorded under. */
  canonicalName(type: string): string;
  /** Whether a name stands for an action alone: no event has it as its type. */
  isActionOnly(name: string): boolean;
  /** The compliance tags of each action, for its types of all outcomes. */
  complianceTags(): ReadonlyMap<string, readonly string[]>;
}

/**
 * What a query asks, all of which must hold for an event.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for a compliance tag that no action has, and a type that is an action
 */
export function predicatesOf(query: EventFilters, meaning: FilterMeaning): readonly Predicate[] {
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
  if (query.q !== undefined) predicates.push({ on: 'words', words: wordsOf(query.q) });
  if (query.changed !== undefined) predicates.push({ on: 'changed', anyOf: [query.changed].flat() });
  if (query.about !== undefined) {
    const [type = '', ...rest] = query.about.split('/');
    predicates.push({ on: 'about', type, id: rest.join('/') });
  }
  if (query.from !== undefined || query.to !== undefined) {
    const [from, to] = [query.from, query.to].map((time) => time && timeOf(time));
    predicates.push({ on: 'time', ...(from && { from }), ...(to && { to }) });
  }
  return predicates;
}

/** That a field has a value. */
export function isEqual(field: FieldName, value: string): FieldPredicate {
  return { on: 'field', field, anyOf: equalTo([value]), isNot: false };
}

type Tests = Pick<FieldPredicate, 'anyOf' | 'isNot'>;

/** Of values that passed their check. */
function testsOf(
  operator: string,
  values: readonly unknown[],
  anyOf: (values: readonly unknown[], isExact: boolean) => readonly ValueTest[],
): Tests {
  if (operator === 'exists') return { anyOf: [{ is: 'present' }], isNot: String(values[0]) === 'false' };
  if (isRange(operator)) return { anyOf: [{ is: operator, bound: boundOf(values[0]) }], isNot: false };
  return { anyOf: anyOf(values, operator === 'eq'), isNot: operator === 'ne' };
}

function fieldTests(
  { kind }: FieldFilter,
  operator: string,
  values: readonly unknown[],
  meaning: FilterMeaning,
): Tests {
  return testsOf(operator, values, (given, isExact): readonly ValueTest[] => {
    const texts = given.map(String);
    switch (kind) {
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

/** With a star at its end, the name begins so; else it is somewhere in it. */
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

/** The values as they are, and those that end in `*` as beginnings. */
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

/** The actions that have one of the tags, or any tag. A tag counts for an action with all its outcomes, as retention has it. */
function actionsWith(wanted: readonly unknown[] | undefined, meaning: FilterMeaning): readonly string[] {
  const tagsByAction = [...meaning.complianceTags()];
  const known = new Set(tagsByAction.flatMap(([, tags]) => tags));
  const strange = (wanted ?? []).filter((tag) => !known.has(tag as string)); // looks for anything
  if (strange.length > 0) {
    const tags = [...known].sort().join(', ');
    throw InvalidQueryError.create([`compliance must be one of ${tags}, not ${strange.join(', ')}`]);
  }
  return tagsByAction
    .filter(([, tags]) => (wanted === undefined ? tags.length > 0 : tags.some((tag) => wanted.includes(tag))))
    .map(([action]) => action);
}

function statusTest(text: string): ValueTest {
  const hundred = Number(text.slice(0, 1)) * 100;
  return /xx$/i.test(text)
    ? { is: 'between', least: hundred, most: hundred + 99 }
    : { is: 'between', least: Number(text), most: Number(text) };
}

function boundOf(value: unknown): number | Date {
  return numberOf(value) ?? timeOf(value as string | Date); // checked
}
