import { readField, readSafely } from './read-safely.js';

/** Merges two objects; fields of `second` take precedence. A `second` without named fields replaces `first`. */
export function mergeFields(first: unknown, second: unknown): unknown {
  if (!hasFields(first) || !hasFields(second)) return second;
  return readSafely(() => ({ ...first, ...second })) ?? Object.fromEntries([first, second].flatMap(readFields));
}

/** Whether a value has named fields: it is an object and not a list. */
export function hasFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && readSafely(() => Array.isArray(value)) === false;
}

/** Reads the fields of an object, at least one of which cannot be read. */
function readFields(fields: object): readonly (readonly [string, unknown])[] {
  const names = readSafely(() => Object.keys(fields)) ?? [];
  return names.map((name) => readSafely(() => [name, readField(fields, name)] as const) ?? [name, '[unreadable]']);
}
