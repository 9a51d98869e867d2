import { toCamelCase } from '../../base/event/request-fields.js';
import { readSafely } from '../../base/read-safely.js';

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

/** The fields of `Fields`, each in camelCase or in snake_case: `userId` or `user_id`. */
export type EitherCase<Fields> = Fields & {
  readonly [Name in keyof Fields as Name extends string ? SnakeCase<Name> : Name]: Fields[Name];
};

/**
 * Returns the fields of `values` under camelCase names, without `undefined` and `null`. If a name occurs in camelCase and in snake_case,
 * {@link mergeBothCases} merges its values. Returns no fields for a value that is not an object.
 */
export function toCamelCaseKeys(values: unknown): Readonly<Record<string, unknown>> {
  if (typeof values !== 'object' || values === null) return {}; // for JavaScript callers
  let fields: Readonly<Record<string, unknown>> = {};
  for (const name of readSafely(() => Object.keys(values)) ?? []) {
    const value = readSafely(() => (values as Readonly<Record<string, unknown>>)[name]); // `name` is one of the object's own names
    if (value !== undefined && value !== null) fields = mergeBothCases(fields, { [toCamelCase(name)]: value });
  }
  return fields;
}

/** Merges two objects. If their values under a name differ, the second value is stored as `given…`, for example `givenTicket`. */
export function mergeBothCases(
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const fields = new Map(Object.entries(first));
  for (const [name, value] of Object.entries(second)) {
    let free = name;
    while (fields.get(free) !== undefined && fields.get(free) !== value) {
      free = `given${free.slice(0, 1).toUpperCase()}${free.slice(1)}`;
    }
    fields.set(free, value);
  }
  return Object.fromEntries(fields);
}
