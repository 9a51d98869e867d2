import { readField, readSafely } from './read-safely.js';

/** The fields of both, those of `second` over those of `first`; what has no fields by their names replaces what was there. */
export function mergeFields(first: unknown, second: unknown): unknown {
  if (!hasFields(first) || !hasFields(second)) return second;
  return readSafely(() => ({ ...first, ...second })) ?? Object.fromEntries([first, second].flatMap(readFields));
}

/** Whether a value has fields by their names: an object that is not a list. */
export function hasFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && readSafely(() => Array.isArray(value)) === false;
}

/** The fields of an object of which at least one cannot be read. */
function readFields(fields: object): readonly (readonly [string, unknown])[] {
  const names = readSafely(() => Object.keys(fields)) ?? [];
  return names.map((name) => readSafely(() => [name, readField(fields, name)] as const) ?? [name, '[unreadable]']);
}
