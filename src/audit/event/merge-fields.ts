import { readField, readSafely } from '../../base/read-safely.js';

/** Merges two objects. Fields of `second` take precedence. A `second` that is not an object replaces `first`. */
export function mergeFields(first: unknown, second: unknown): unknown {
  if (!hasFields(first) || !hasFields(second)) return second;
  return readSafely(() => ({ ...first, ...second })) ?? Object.fromEntries([first, second].flatMap(readFields));
}

/** Whether a value is an object, and not a list. */
export function hasFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && readSafely(() => Array.isArray(value)) === false;
}

type DefinedFields<Fields> = {
  readonly [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name];
} & {
  readonly [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>;
};

export function definedFields<Fields extends object>(fields: Fields): DefinedFields<Fields> {
  const defined: Partial<Fields> = {};
  for (const name in fields) if (fields[name] !== undefined) defined[name] = fields[name];
  return defined as unknown as DefinedFields<Fields>; // all other fields are undefined
}

/** Whether an object has neither own nor inherited fields. */
export function isEmpty(fields: object): boolean {
  for (const _name in fields) return false;
  return true;
}

function readFields(fields: object): readonly (readonly [string, unknown])[] {
  const names = readSafely(() => Object.keys(fields)) ?? [];
  return names.map((name) => readSafely(() => [name, readField(fields, name)] as const) ?? [name, '[unreadable]']);
}
