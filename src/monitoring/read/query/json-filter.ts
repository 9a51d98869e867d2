import { escapeName } from '../../proof/sealing/own-fields.js';
import { SQL_OPERATORS, type RangeName } from './filter-values.js';
import { toSpellingPattern, escapeRegex, type ValueTest } from './predicates.js';
import { NUMBER } from './query-parameters.js';

/**
 * Writes conditions in the SQL/JSON path language. Callers' values are written as JSON strings, which are valid strings in that language. The
 * lax mode of the language compares each item of a list.
 */

/** Returns a JSON path that finds the field at `path` if its value or a list item passes a test. */
export function buildFieldPath(path: readonly string[], anyOf: readonly ValueTest[]): string {
  return `$${accessors(path)}${buildFilter(anyOf)}`;
}

/**
 * Returns JSON paths that find the field in an event's personal part. The keys of the personal part are JSON Pointers. A key may name the
 * field itself, an object above the field, or an item of a list.
 */
export function buildPersonalFieldPaths(
  root: string,
  path: readonly string[],
  anyOf: readonly ValueTest[],
): readonly string[] {
  return path.map((_, at) => {
    const [first = '', ...others] = path.slice(0, at + 1).map((name) => `/${escapeName(name)}`);
    const top = `/${root}${first}`;
    const steps = [first, ...others].map((step) => `${escapeRegex(step)}(/[0-9]+)*`);
    const isItem = [
      `@.key starts with ${JSON.stringify(`${top}/`)}`,
      `@.key like_regex ${JSON.stringify(HAS_INDEX)}`,
      `@.key like_regex ${JSON.stringify(`^/${root}${steps.join('')}$`)}`,
    ].join(' && ');
    const isField = `@.key == ${JSON.stringify([top, ...others].join(''))} || (${isItem})`;
    return `$.keyvalue() ? (${isField}).value${accessors(path.slice(at + 1))}${buildFilter(anyOf)}`;
  });
}

/**
 * PostgreSQL keeps only 32 compiled expressions, and a query may name more paths. Thus the expression of a path is only tried for keys of
 * items, which this one expression finds.
 */
const HAS_INDEX = '/[0-9]+(/|$)';

/**
 * Returns texts for a fast text search before the JSON path is evaluated. Where {@link buildFieldPath} or {@link buildPersonalFieldPaths} matches,
 * the JSON contains one of the texts, because canonical JSON has one spelling for each value. Returns `undefined` if no text is certain to
 * occur.
 */
export function buildFieldNeedles(path: readonly string[], anyOf: readonly ValueTest[]): readonly string[] | undefined {
  const needles = anyOf.map(listNeedles);
  if (needles.length > 0 && needles.every((some) => some !== undefined)) return needles.flat();
  const name = path.at(-1) ?? '';
  return /^\w+$/.test(name) ? [name] : undefined; // names and pointers escape other characters differently
}

function listNeedles(test: ValueTest): readonly string[] | undefined {
  if (test.is === 'equal') return test.values.flatMap((value) => listSpellings(String(value)));
  return test.is === 'begun' ? [escaped(test.prefix)] : undefined;
}

function listSpellings(text: string): readonly string[] {
  return [...new Set([escaped(text), ...(NUMBER.test(text) ? [String(Number(text))] : [])])];
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * Returns a regular expression for a fast text search before the JSON path is evaluated. The expression matches all JSON that {@link
 * buildWordPath} or {@link buildPersonalWordPath} matches.
 */
export function buildWordPattern(texts: readonly string[]): string {
  return [...new Set(texts.flatMap((text) => [text, ...listSpellings(text)]))].map(toWordPattern).join('|');
}

/**
 * Returns a JSON path that finds a value that contains one of the texts. Upper case and accents do not matter. The path
 * also finds a number that equals one of the texts.
 */
export function buildWordPath(texts: readonly string[]): string {
  return `strict $.** ? (${buildContainsAny(texts)})`;
}

/** Returns a JSON path that finds one of the texts in the personal values below `root`. */
export function buildPersonalWordPath(root: string, texts: readonly string[]): string {
  const prefix = JSON.stringify(`/${root}/`);
  return `$.keyvalue() ? (@.key starts with ${prefix}).value.** ? (${buildContainsAny(texts)})`;
}

/**
 * Returns a JSON path that finds a diff entry at, below or above a JSON Pointer. An entry above the pointer replaces a whole object around
 * the field.
 */
export function buildChangedPath(pointer: string): string {
  return `$.diff[*].path ? (${isAround(pointer)})`;
}

/** Like {@link buildChangedPath}, for the personal part, which has either the path of an entry or the whole diff. */
export function buildPersonalChangedPaths(pointer: string): readonly string[] {
  return [
    `$.keyvalue() ? (@.key like_regex "^/changes/diff/[0-9]+/path$").value ? (${isAround(pointer)})`,
    `$."/changes/diff"[*].path ? (${isAround(pointer)})`,
  ];
}

/** Returns a text that the personal part contains if {@link buildPersonalChangedPaths} matches: the beginning of the entry's path. */
export function buildChangedNeedle(pointer: string): string {
  return `path":"${escaped(`/${pointer.split('/')[1] ?? ''}`)}`;
}

function isAround(pointer: string): string {
  const above = pointer.split('/').map((_, at, steps) => steps.slice(0, at + 1).join('/'));
  const at = above.filter((one) => one !== '').map((one) => `@ == ${JSON.stringify(one)}`);
  return [...at, `@ starts with ${JSON.stringify(`${pointer}/`)}`].join(' || ');
}

function accessors(names: readonly string[]): string {
  return names.map((name) => `.${JSON.stringify(name)}`).join('');
}

function buildFilter(anyOf: readonly ValueTest[]): string {
  return anyOf.some(({ is }) => is === 'present') ? '' : ` ? (${anyOf.flatMap(buildTestConditions).join(' || ')})`;
}

function buildTestConditions(test: ValueTest): readonly string[] {
  switch (test.is) {
    case 'equal':
      return test.values.flatMap(toLiterals).map((literal) => `@ == ${literal}`);
    case 'begun':
      return [`@ starts with ${JSON.stringify(test.prefix)}`];
    case 'between':
      return [`(@ >= ${test.minimum} && @ <= ${test.maximum})`];
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return test.bound instanceof Date ? isInTime(test.is, test.bound) : isInOrder(test.is, test.bound);
    case 'spelt':
    case 'within':
    case 'present':
      return [];
  }
}

/** Compares numbers, and texts that contain a number, because amounts of money are often stored as texts. */
function isInOrder(range: RangeName, bound: number): readonly string[] {
  const isNumeral = `@ like_regex ${JSON.stringify(NUMBER.source)}`;
  return [`@ ${SQL_OPERATORS[range]} ${bound}`, `(${isNumeral} && @.double() ${SQL_OPERATORS[range]} ${bound})`];
}

/** The formats of a day and of an RFC 3339 time. The second value states whether the format has an offset. */
const TIMES = [
  ['YYYY-MM-DD', false],
  ...['YYYY-MM-DD"T"HH24:MI:SS', 'YYYY-MM-DD"T"HH24:MI:SS.US'].flatMap((time): (readonly [string, boolean])[] => [
    [time, false],
    [`${time}"Z"`, false],
    [`${time}TZH:TZM`, true],
  ]),
] as const;

/** Without an offset, the time is in UTC. */
function isInTime(range: RangeName, bound: Date): readonly string[] {
  const utc = bound.toISOString().replace(/^\+/, '').slice(0, -1);
  const local = `${JSON.stringify(utc)}.datetime("YYYY-MM-DD\\"T\\"HH24:MI:SS.US")`;
  const withOffset = `${JSON.stringify(`${utc}+00:00`)}.datetime("YYYY-MM-DD\\"T\\"HH24:MI:SS.USTZH:TZM")`;
  return TIMES.map(
    ([format, hasOffset]) =>
      `@.datetime(${JSON.stringify(format)}) ${SQL_OPERATORS[range]} ${hasOffset ? withOffset : local}`,
  );
}

/** `5` in a URL may be a text or a number. */
function toLiterals(value: unknown): readonly string[] {
  const text = String(value);
  const isBare = NUMBER.test(text) || ['true', 'false', 'null'].includes(text);
  return isBare ? [JSON.stringify(text), text] : [JSON.stringify(text)];
}

/** A name such as "Ada" is also within many UUIDs and digests, by chance. There, it is not the word that somebody searches. */
function toWordPattern(text: string): string {
  const pattern = toSpellingPattern(text);
  if (!/^[a-f]{1,5}$/i.test(text)) return pattern;
  return `(?<![0-9a-f]|[0-9a-f]{4}-)(?:${pattern})(?![0-9a-f]{4}|[0-9a-f]*-[0-9a-f]{4}-)`;
}

function buildContainsAny(texts: readonly string[]): string {
  const numbers = texts.filter((text) => NUMBER.test(text)).map((text) => ` || @ == ${text}`);
  return `@ like_regex ${JSON.stringify(texts.map(toWordPattern).join('|'))}${numbers.join('')}`;
}
