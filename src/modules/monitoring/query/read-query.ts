import { comparisonsOf } from './given-values.js';
import { InvalidQueryError } from './invalid-query.error.js';
import { BY_PATH, isComparable, WITH_OPERATOR } from './parameter-names.js';
import { parseQuery } from './parse-query.js';
import { parametersOf, type QueryClass } from './query-parameters.js';

/** Reads a URL's parameters as a query. @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) */
export function readQuery<Query extends object>(Class: QueryClass<Query>, parameters: object): Query {
  const declared = parametersOf(Class);
  const given = Object.entries(readParameters(parameters));
  const read = given.map(([name, value]) => [name, readValue(declared.get(name)?.facts?.type, value)]);
  return parseQuery(Class, Object.fromEntries(read) as object);
}

function readValue(type: unknown, value: unknown): unknown {
  if (type === Number) return typeof value === 'string' && /^(-1|\d{1,15})$/.test(value) ? Number(value) : value;
  return type === Boolean && (value === 'true' || value === 'false') ? value === 'true' : value;
}

/**
 * Converts a URL's parameters to the shape of a query: `details.amount[gte]=5` becomes `{ details: { amount: { gte: '5' } } }`. Some URL
 * parsers read brackets and others do not; both are supported.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for a text that only looks like an operator; the message shows how to write one
 */
function readParameters(parameters: object): Readonly<Record<string, unknown>> {
  const given = new Map<string, unknown>();
  const byPath = new Map<string, Map<string, unknown>>();
  const problems: string[] = [];
  for (const [written, value] of Object.entries(parameters)) {
    const { name, operator } = splitOperator(written);
    const [, root, path] = BY_PATH.exec(name) ?? [];
    const sign = path === undefined ? -1 : path.search(SIGNS);
    if (sign > 0) problems.push(misspelt(written, `${root}.${path?.slice(0, sign)}`));
    const into = root === undefined ? given : (byPath.get(root) ?? new Map<string, unknown>());
    if (root !== undefined) byPath.set(root, into);
    const key = path ?? name;
    const isAlone = operator === undefined && !into.has(key);
    into.set(key, isAlone ? value : joined(into.get(key), operator ?? 'is', value));
  }
  if (problems.length > 0) throw InvalidQueryError.create(problems);
  // A parameter that is also given without a path is an error, which the check reports.
  for (const [root, values] of byPath) if (!given.has(root)) given.set(root, Object.fromEntries(values));
  return Object.fromEntries(given);
}

/** Comparison signs of other products, which never occur in the name of a field. */
const SIGNS = /[<>=!~[\]]/;

function misspelt(written: string, name: string): string {
  return `${written} is not a filter: write ${name}=…, ${name}[ne]=…, ${name}[gte]=… or ${name}[exists]=true`;
}

/** Splits the operator from a filter's name. In any other name, brackets are a part of the name. */
function splitOperator(written: string): { readonly name: string; readonly operator?: string } {
  const [, name = '', operator = ''] = WITH_OPERATOR.exec(written) ?? [];
  return isComparable(name) ? { name, operator } : { name: written };
}

/** Adds a comparison to the earlier ones of the same field. */
function joined(before: unknown, operator: string, value: unknown): Readonly<Record<string, unknown>> {
  const comparisons = operator === 'is' ? comparisonsOf(value) : ([[operator, [value].flat()]] as const);
  const all = new Map(comparisonsOf(before));
  for (const [name, values] of comparisons) all.set(name, [...(all.get(name) ?? []), ...values]);
  return Object.fromEntries(all);
}
