import { wordsOf } from './query-values.js';

/**
 * Conditions of SQL/JSON path language. Everything that comes from outside goes in as a JSON string, which is a string of
 * that language, too; in its lax mode a list stands for each of its items.
 */

/** A number that the language can compare with, and no more digits than a number of JSON has. */
const NUMBER = /^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/;

/** Finds the field at `path` (`payment.method`) that is one of the values, or a list that holds one. */
export function fieldPath(path: string, values: readonly unknown[]): string {
  return `$${accessors(path.split('.'))} ? (${isOneOf(values)})`;
}

/**
 * The same in an event's personal part, whose fields go by the JSON Pointer of where they stood: at the path, at the
 * beginning of it, or within the items of lists on it.
 */
export function personalFieldPaths(root: string, path: string, values: readonly unknown[]): readonly string[] {
  const names = path.split('.');
  return names.map((_, at) => {
    const steps = names.slice(0, at + 1).map((name) => `/${escapeRegex(escapePointer(name))}(/[0-9]+)*`);
    const pointer = JSON.stringify(`^/${root}${steps.join('')}$`);
    return `$.keyvalue() ? (@.key like_regex ${pointer}).value${accessors(names.slice(at + 1))} ? (${isOneOf(values)})`;
  });
}

/** For each word, finds a text that holds it, in any case, or the number that it is. */
export function wordPaths(text: string): readonly { readonly word: string; readonly path: string }[] {
  return wordsOf(text).map((word) => ({ word, path: `strict $.** ? (${holdsWord(word)})` }));
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

function isOneOf(values: readonly unknown[]): string {
  return values
    .flatMap(literalsOf)
    .map((literal) => `@ == ${literal}`)
    .join(' || ');
}

/** A parameter of a URL is a text, whatever it stands for. */
function literalsOf(value: unknown): readonly string[] {
  const text = String(value);
  const isBare = NUMBER.test(text) || ['true', 'false', 'null'].includes(text);
  return isBare ? [JSON.stringify(text), text] : [JSON.stringify(text)];
}

function holdsWord(word: string): string {
  const isNumber = NUMBER.test(word) ? ` || @ == ${word}` : '';
  return `@ like_regex ${JSON.stringify(escapeRegex(word))} flag "i"${isNumber}`;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
