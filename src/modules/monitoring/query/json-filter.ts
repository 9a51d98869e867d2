import { escapeName } from '../sealing/own-fields.js';
import { SIGN_OF, type RangeName } from './given-values.js';
import { anySpelling, escapeRegex } from './any-spelling.js';
import type { ValueTest } from './predicates.js';
import { NUMBER } from './query-values.js';

/**
 * Conditions of SQL/JSON path language. Everything that comes from outside goes in as a JSON string, which is a string of
 * that language, too; in its lax mode a list stands for each of its items.
 */

/** Finds the field at `path` (`payment.method`) that passes one of the tests, or a list of which an item does. */
export function fieldPath(path: string, anyOf: readonly ValueTest[]): string {
  return `$${accessors(path.split('.'))}${filterOf(anyOf)}`;
}

/**
 * The same in an event's personal part, whose fields are named by the JSON Pointer of where they stood: at the path, at the
 * beginning of it, or within the items of lists on it.
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
 * Texts of which JSON as the ledger stores it must hold one, wherever it stands, for {@link fieldPath} or {@link personalFieldPaths} to find
 * anything: canonical JSON has one spelling for each text and number. `undefined` where no text is sure to be there.
 */
export function fieldNeedles(path: string, anyOf: readonly ValueTest[]): readonly string[] | undefined {
  const needles = anyOf.map(needlesOf);
  if (needles.length > 0 && needles.every((some) => some !== undefined)) return needles.flat();
  const name = path.split('.').at(-1) ?? '';
  return /^\w+$/.test(name) ? [name] : undefined; // others are escaped, as a name in one way and in a pointer in another
}

function needlesOf(test: ValueTest): readonly string[] | undefined {
  if (test.is === 'equal') return test.values.flatMap((value) => spellingsOf(String(value)));
  return test.is === 'begun' ? [escaped(test.prefix)] : undefined;
}

/** As a text, and as the number that it may be. */
function spellingsOf(text: string): readonly string[] {
  return [...new Set([escaped(text), ...(NUMBER.test(text) ? [String(Number(text))] : [])])];
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The same for {@link wordPath} and {@link personalWordPath}: a pattern that the JSON matches. */
export function wordPattern(word: string): string {
  return [...new Set([word, ...spellingsOf(word)])].map(anySpelling).join('|');
}

/** Finds a text at or below `root` that holds a word, in any case and without accents, or the number that it is. */
export function wordPath(root: '$' | '$.diff', word: string): string {
  return `strict ${root}.** ? (${holdsWord(word)})`;
}

/** The same in the personal part, within what stood at or below `root`. */
export function personalWordPath(root: string, word: string): string {
  const prefix = JSON.stringify(`/${root}/`);
  return `$.keyvalue() ? (@.key starts with ${prefix}).value.** ? (${holdsWord(word)})`;
}

/** Finds an entry of a diff at, below or above a JSON Pointer: what is above was given or taken away as a whole. */
export function changedPath(pointer: string): string {
  const above = pointer.split('/').map((_, at, steps) => steps.slice(0, at + 1).join('/'));
  const at = above.filter((one) => one !== '').map((one) => `@ == ${JSON.stringify(one)}`);
  return `$.diff[*].path ? (${[...at, `@ starts with ${JSON.stringify(`${pointer}/`)}`].join(' || ')})`;
}

function accessors(names: readonly string[]): string {
  return names.map((name) => `.${JSON.stringify(name)}`).join('');
}

/** Nothing where the field need only be there. */
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

/** A number, or a text that is one: amounts of money often are. */
function isInOrder(range: RangeName, bound: number): readonly string[] {
  const isNumeral = `@ like_regex ${JSON.stringify(NUMBER.source)}`;
  return [`@ ${SIGN_OF[range]} ${bound}`, `(${isNumeral} && @.double() ${SIGN_OF[range]} ${bound})`];
}

/** What a text of RFC 3339, or of a day, can look like. Those with an offset and those without are compared with their own kind. */
const TIMES = [
  ['YYYY-MM-DD', false],
  ...['YYYY-MM-DD"T"HH24:MI:SS', 'YYYY-MM-DD"T"HH24:MI:SS.US'].flatMap((time): (readonly [string, boolean])[] => [
    [time, false],
    [`${time}"Z"`, false],
    [`${time}TZH:TZM`, true],
  ]),
] as const;

/** A text that is a time; without an offset, in UTC. */
function isInTime(range: RangeName, bound: Date): readonly string[] {
  const utc = bound.toISOString().replace(/^\+/, '').slice(0, -1);
  const local = `${JSON.stringify(utc)}.datetime("YYYY-MM-DD\\"T\\"HH24:MI:SS.US")`;
  const withOffset = `${JSON.stringify(`${utc}+00:00`)}.datetime("YYYY-MM-DD\\"T\\"HH24:MI:SS.USTZH:TZM")`;
  return TIMES.map(
    ([format, hasOffset]) =>
      `@.datetime(${JSON.stringify(format)}) ${SIGN_OF[range]} ${hasOffset ? withOffset : local}`,
  );
}

/** A parameter of a URL is a text, whatever it stands for. */
function literalsOf(value: unknown): readonly string[] {
  const text = String(value);
  const isBare = NUMBER.test(text) || ['true', 'false', 'null'].includes(text);
  return isBare ? [JSON.stringify(text), text] : [JSON.stringify(text)];
}

function holdsWord(word: string): string {
  const isNumber = NUMBER.test(word) ? ` || @ == ${word}` : '';
  return `@ like_regex ${JSON.stringify(anySpelling(word))}${isNumber}`;
}
