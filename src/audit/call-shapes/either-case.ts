import { readSafely } from '../event/read-safely.js';

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

/** The fields of `Fields`, each in camelCase or in snake_case: `userId` or `user_id`. */
export type EitherCase<Fields> = Fields & {
  readonly [Name in keyof Fields as Name extends string ? SnakeCase<Name> : Name]: Fields[Name];
};

/** The fields of `values` under their names in camelCase. Of a name in both cases the first that is not `undefined` counts. */
export function inCamelCase(values: object | undefined): Readonly<Record<string, unknown>> {
  const fields = new Map<string, unknown>();
  if (typeof values !== 'object') return {}; // JavaScript callers
  for (const name of readSafely(() => Object.keys(values)) ?? []) {
    const camel = name.replace(/(?<=[a-z0-9])_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
    const value = readSafely(() => (values as Readonly<Record<string, unknown>>)[name]); // an own name of it
    fields.set(camel, fields.get(camel) ?? value);
  }
  return Object.fromEntries(fields);
}
