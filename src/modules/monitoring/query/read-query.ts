import { parseQuery } from './parse-query.js';
import { parametersOf, type QueryClass } from './query-parameters.js';
import { readParameters } from './read-parameters.js';

/** Reads a URL's parameters as a query. @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) */
export function readQuery<Query extends object>(Class: QueryClass<Query>, parameters: object): Query {
  const declared = parametersOf(Class);
  const given = Object.entries(readParameters(parameters));
  const read = given.map(([name, value]) => [name, readValue(declared.get(name)?.facts?.type, value)]);
  return parseQuery(Class, Object.fromEntries(read) as object);
}

/** Converts the text of a URL parameter to the type that the query expects. */
function readValue(type: unknown, value: unknown): unknown {
  if (type === Number) return typeof value === 'string' && /^(-1|\d{1,15})$/.test(value) ? Number(value) : value;
  return type === Boolean && (value === 'true' || value === 'false') ? value === 'true' : value;
}
