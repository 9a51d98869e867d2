import type { JsonObject, JsonValue } from '../../../../audit/plain.js';
import { escapeName } from '../../sealing/own-fields.js';
import type { PersonalPart } from '../../sealing/personal-part.js';
import { escapeRegex } from '../json-filter.js';
import { NUMBER } from '../query-values.js';
import { compareDecimals } from './decimal.js';
import { holdsIgnoringCase, type CaseFolding } from './ignoring-case.js';

/**
 * What the conditions of `json-filter.ts` mean, without PostgreSQL: SQL/JSON path language in its lax mode, in which a list stands
 * for each of its items, wherever a field or a value is asked for. A differential test holds one against the other.
 */

/** Whether a value passes, or where it is a list, its items do. */
export type ItemsTest = (items: readonly JsonValue[]) => boolean;

type Fields = Readonly<Record<string, JsonValue>>;

/**
 * Whether the field at the path passes the test, or a list of which an item does.
 *
 * @param test of the value, or of the items of a list within the list; absent where the field need only be there
 */
export function hasField(root: JsonValue, path: readonly string[], test?: ItemsTest): boolean {
  let found: readonly JsonValue[] = [root];
  for (const name of path) found = found.flatMap(itemsOf).flatMap((one) => fieldsNamed(one, name));
  return test ? found.flatMap(itemsOf).some((one) => test(itemsOf(one))) : found.length > 0;
}

/** The same in a personal part, whose fields are named by the JSON Pointer of where they stood. */
export function hasPersonalField(
  personal: PersonalPart,
  root: string,
  path: readonly string[],
  test?: ItemsTest,
): boolean {
  return path.some((_, at) => {
    const steps = path.slice(0, at + 1).map((name) => `/${escapeRegex(escapeName(name))}(/[0-9]+)*`);
    const pointer = new RegExp(`^/${root}${steps.join('')}$`, 's');
    const rest = path.slice(at + 1);
    return Object.entries(personal).some(([key, value]) => pointer.test(key) && hasField(value, rest, test));
  });
}

/** A test for a text, or a number that is the word, anywhere in a value. */
export function wordTest(word: string, folding: CaseFolding): (value: JsonValue) => boolean {
  const holds = holdsIgnoringCase(word, folding);
  const isNumber = NUMBER.test(word);
  const test = (value: JsonValue): boolean => {
    if (typeof value === 'string') return holds(value);
    if (typeof value === 'number') return isNumber && compareDecimals(value, word) === 0;
    return typeof value === 'object' && value !== null && Object.values<JsonValue>(value).some(test);
  };
  return test;
}

/** Whether a diff has an entry at, below or above a JSON Pointer. */
export function hasChanged(changes: JsonObject, pointer: string): boolean {
  const above = pointer.split('/').map((_, at, steps) => steps.slice(0, at + 1).join('/'));
  const isOne = (path: JsonValue): boolean =>
    typeof path === 'string' && ((path !== '' && above.includes(path)) || path.startsWith(`${pointer}/`));
  const entries = fieldsNamed(changes, 'diff');
  const paths = entries
    .flatMap(itemsOf)
    .flatMap(itemsOf)
    .flatMap((entry) => fieldsNamed(entry, 'path'));
  return paths.flatMap(itemsOf).flatMap(itemsOf).some(isOne);
}

function fieldsNamed(value: JsonValue, name: string): readonly JsonValue[] {
  return isObject(value) && Object.hasOwn(value, name) ? [valueOf(value, name)] : [];
}

/** A list's items; anything else itself. */
function itemsOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value]; // a list of JSON
}

function isObject(value: JsonValue): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueOf(fields: Fields, name: string): JsonValue {
  return fields[name] ?? null;
}
