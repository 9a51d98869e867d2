import { escapeName } from '../sealing/own-fields.js';
import { SIGN_OF, type RangeName } from './given-values.js';
import { anySpelling, escapeRegex } from './any-spelling.js';
import type { ValueTest } from './predicates.js';
import { NUMBER } from './query-values.js';

/**
 * Writes conditions in the SQL/JSON path language. Values from outside are written as JSON strings, which are also strings of that
 * language. In its lax mode, a list stands for each of its items.
 */

/** Finds the field at `path` (`payment.method`) that passes one of the tests, or a list of which an item does. */
export function fieldPath(path: string, anyOf: readonly ValueTest[]): string {
  return `$${accessors(path.split('.'))}${filterOf(anyOf)}`;
}

/**
 * Finds such a field in an event's personal part, where the JSON Pointer of its original place names it: at the path, at the beginning of
 * it, or within the items of lists on it.
 */
export function personalFieldPaths(root: string, path: string, anyOf: readonly ValueTest[]): readonly string[] {
  const names = path.split('.');
  return names.map((_, at) => {
    const steps = names.slice(0, at + 1).map((name) => `/${escapeRegex(escapeName(name))}(/[0-9]+)*`);
    const pointer = JSON.stringify(`^/${root}${steps.join('')}$`);
    return `$.keyvalue() ? (@.key like_regex ${pointer}).value${accessors(names.slice(at + 1))}${filterOf(anyOf)}`;
  });
}

/**
 * Returns texts for a quick search: stored JSON in which {@link fieldPath} or {@link personalFieldPaths} finds anything contains at least
 * one of them, since canonical JSON has one spelling for each text and number. `undefined` if no text is certain.
 */
export function fieldNeedles(path: string, anyOf: readonly ValueTest[]): readonly string[] | undefined {
  const needles = anyOf.map(needlesOf);
  if (needles.length > 0 && needles.every((some) => some !== undefined)) return needles.flat();
  const name = path.split('.').at(-1) ?? '';
  return /^\w+$/.test(name) ? [name] : undefined; // other characters are escaped, differently in a name and in a pointer
}

function needlesOf(test: ValueTest): readonly string[] | undefined {
  if (test.is === 'equal') return test.values.flatMap((value) => spellingsOf(String(value)));
  return test.is === 'begun' ? [escaped(test.prefix)] : undefined;
}

/** The JSON spellings of a value: as a text, and as the number that it may be. */
function spellingsOf(text: string): readonly string[] {
  return [...new Set([escaped(text), ...(NUMBER.test(text) ? [String(Number(text))] : [])])];
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Returns a pattern for a quick search: JSON in which {@link wordPath} or {@link personalWordPath} finds anything matches it. */
export function wordPattern(word: string): string {
  return [...new Set([word, ...spellingsOf(word)])].map(anySpelling).join('|');
}

/** Finds a text at or below `root` that holds a word, in any case and without accents, or the number that it is. */
export function wordPath(root: '$' | '$.diff', word: string): string {
  return `strict ${root}.** ? (${holdsWord(word)})`;
}

/** Finds a word in the personal part, in values that stood at or below `root`. */
export function personalWordPath(root: string, word: string): string {
  const prefix = JSON.stringify(`/${root}/`);
  return `$.keyvalue() ? (@.key starts with ${prefix}).value.** ? (${holdsWord(word)})`;
}

/** Finds an entry of a diff at, below or above a JSON Pointer: an entry above it replaced the whole value. */
export function changedPath(pointer: string): string {
  const above = pointer.split('/').map((_, at, steps) => steps.slice(0, at + 1).join('/'));
  const at = above.filter((one) => one !== '').map((one) => `@ == ${JSON.stringify(one)}`);
  return `$.diff[*].path ? (${[...at, `@ starts with ${JSON.stringify(`${pointer}/`)}`].join(' || ')})`;
}

function accessors(names: readonly string[]): string {
  return names.map((name) => `.${JSON.stringify(name)}`).join('');
}

/** The filter of a path; empty if the field need only exist. */
function filterOf(anyOf: readonly ValueTest[]): string {
  return anyOf.some(({ is }) => is === 'present') ? '' : ` ? (${anyOf.flatMap(conditionsOf).join(' || ')})`;
}

function conditionsOf(test: ValueTest): readonly string[] {
  switch (test.is) {
    case 'equal':
      return test.values.flatMap(literalsOf).map((literal) => `@ == ${literal}`);
    case 'begun':
      return [`@ starts with ${JSON.stringify(test.prefix)}`];
    case 'between':
      return [`(@ >= ${test.least} && @ <= ${test.most})`];
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

/** Compares a number, or a text that is one, as amounts of money often are. */
function isInOrder(range: RangeName, bound: number): readonly string[] {
  const isNumeral = `@ like_regex ${JSON.stringify(NUMBER.source)}`;
  return [`@ ${SIGN_OF[range]} ${bound}`, `(${isNumeral} && @.double() ${SIGN_OF[range]} ${bound})`];
}

/** The forms that a day or an RFC 3339 time can have. Texts with and without an offset are compared separately. */
const TIMES = [
  ['YYYY-MM-DD', false],
  ...['YYYY-MM-DD"T"HH24:MI:SS', 'YYYY-MM-DD"T"HH24:MI:SS.US'].flatMap((time): (readonly [string, boolean])[] => [
    [time, false],
    [`${time}"Z"`, false],
    [`${time}TZH:TZM`, true],
  ]),
] as const;

/** Compares a text that is a time; without an offset, it is in UTC. */
function isInTime(range: RangeName, bound: Date): readonly string[] {
  const utc = bound.toISOString().replace(/^\+/, '').slice(0, -1);
  const local = `${JSON.stringify(utc)}.datetime("YYYY-MM-DD\\"T\\"HH24:MI:SS.US")`;
  const withOffset = `${JSON.stringify(`${utc}+00:00`)}.datetime("YYYY-MM-DD\\"T\\"HH24:MI:SS.USTZH:TZM")`;
  return TIMES.map(
    ([format, hasOffset]) =>
      `@.datetime(${JSON.stringify(format)}) ${SIGN_OF[range]} ${hasOffset ? withOffset : local}`,
  );
}

/** The JSON values that a parameter may stand for, since a URL contains only texts. */
function literalsOf(value: unknown): readonly string[] {
  const text = String(value);
  const isBare = NUMBER.test(text) || ['true', 'false', 'null'].includes(text);
  return isBare ? [JSON.stringify(text), text] : [JSON.stringify(text)];
}

function holdsWord(word: string): string {
  const isNumber = NUMBER.test(word) ? ` || @ == ${word}` : '';
  return `@ like_regex ${JSON.stringify(anySpelling(word))}${isNumber}`;
}
