import { parseQuery } from './parse-query.js';
import type { QueryClass } from './query-parameters.js';
import { readParameters } from './read-parameters.js';

/** Parameters that are whole numbers. */
const NUMBERS: readonly string[] = [
  ...['limit', 'groups', 'steps', 'size', 'checkpointSize'],
  ...['before', 'after', 'first', 'last'],
];

/** Parameters that are true or false. */
const FLAGS: readonly string[] = ['archived'];

/** Reads a URL's parameters as a query. @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) */
export function readQuery<Query extends object>(Class: QueryClass<Query>, parameters: object): Query {
  const given = Object.entries(readParameters(parameters));
  const read = given.map(([name, value]) => [name, readValue(name, value)]);
  return parseQuery(Class, Object.fromEntries(read) as object);
}

function readValue(name: string, value: unknown): unknown {
  if (NUMBERS.includes(name)) return numberOf(value);
  return FLAGS.includes(name) && (value === 'true' || value === 'false') ? value === 'true' : value;
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^(-1|\d{1,15})$/.test(value) ? Number(value) : value;
}
