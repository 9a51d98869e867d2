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

/** An object's fields, where those that may be undefined may be missing instead. */
type DefinedFields<Fields> = {
  readonly [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name];
} & {
  readonly [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>;
};

/** Returns a new object with the fields that are not undefined. */
export function definedFields<Fields extends object>(fields: Fields): DefinedFields<Fields> {
  const defined: Partial<Fields> = {};
  for (const name in fields) if (fields[name] !== undefined) defined[name] = fields[name];
  return defined as unknown as DefinedFields<Fields>; // the others are undefined
}

/** Reads the fields of an object, at least one of which cannot be read. */
function readFields(fields: object): readonly (readonly [string, unknown])[] {
  const names = readSafely(() => Object.keys(fields)) ?? [];
  return names.map((name) => readSafely(() => [name, readField(fields, name)] as const) ?? [name, '[unreadable]']);
}
