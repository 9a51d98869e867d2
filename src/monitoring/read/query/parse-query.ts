import type { EventFilters } from './event-query.dto.js';
import { parametersMeant, BY_PATH, isComparable, WITH_OPERATOR } from './field-filters.js';
import { parametersOf, type QueryClass } from './query-parameters.js';
import { endOf, isMoment, timeOf } from './query-times.js';
import { comparisonsOf } from './given-values.js';
import { readErrors } from '../../errors/read.errors.js';
import { filtersOf } from './search-language/filters-of.js';
import { parseQuery as parseSearch, QUERY_PROBLEMS, type QueryProblem } from './search-language/parse-query.js';

/**
 * Checks a query, and returns the query with its defaults. The parameter `since` becomes `from`, and `until` becomes `to`.
 *
 * @param given the values by name; `undefined` counts as absent. An instance of the class is not checked again
 * @throws `AUDIT_QUERY_INVALID`, which lists all problems
 */
export function parseQuery<Query extends object>(Class: QueryClass<Query>, given: object): Query {
  if (given instanceof Class) return given;
  const query = new Class();
  const parameters = parametersOf(Class);
  const entries: [string, unknown][] = Object.entries(given).filter(([, value]) => value !== undefined);
  const unknown = entries.filter(([name]) => !parameters.has(name));
  Object.assign(query, Object.fromEntries(entries.filter(([name]) => parameters.has(name))));
  const problems = [
    ...unknown.map(([name]) => unknownParameter(name, [...parameters.keys()])),
    ...[...parameters.values()].flatMap(({ name, isRequired, problemsOf }) => {
      const value: unknown = Reflect.get(query, name);
      return value === undefined && !isRequired ? [] : problemsOf(name, value);
    }),
  ];
  if (problems.length > 0) throw readErrors.AUDIT_QUERY_INVALID(problems);
  const ranged: Pick<EventFilters, 'from' | 'to' | 'since' | 'until'> = query; // if the class lacks these parameters, they were refused above
  for (const [also, name] of OTHER_NAMES) {
    if (ranged[also] === undefined) continue;
    if (ranged[name] !== undefined) {
      throw readErrors.AUDIT_QUERY_INVALID([`${also} must not be given with ${name}: both mean the same`]);
    }
    Object.assign(query, { [name]: ranged[also], [also]: undefined });
  }
  const { from, to } = ranged;
  const isEmpty = isMoment(from) && isMoment(to) && timeOf(from) >= endOf(to); // not for ConsistencyQuery, whose from and to are numbers
  if (isEmpty) throw readErrors.AUDIT_QUERY_INVALID(['from must be before to']);
  return query;
}

const OTHER_NAMES = [
  ['since', 'from'],
  ['until', 'to'],
] as const;

function unknownParameter(name: string, known: readonly string[]): string {
  const nearest = parametersMeant(name, known);
  return `${name} is an unknown parameter${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

/** Reads a URL's parameters as a query. Its `q` may have filters: see {@link readSearch}. @throws `AUDIT_QUERY_INVALID` */
export function readQuery<Query extends object>(Class: QueryClass<Query>, parameters: object): Query {
  const declared = parametersOf(Class);
  const given = Object.entries(readParameters(declared.has('q') ? readSearch(parameters) : parameters));
  const read = given.map(([name, value]) => [name, readValue(declared.get(name)?.facts?.type, value)]);
  return parseQuery(Class, Object.fromEntries(read) as object);
}

/**
 * Reads `q` in the language of the viewer's search: its filters become parameters, and its words stay. `who:ada refund` is `actorName=ada`
 * and `q=refund`.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
export function readSearch(parameters: object): object {
  const { q, ...others } = parameters as Readonly<Record<string, unknown>>;
  if (typeof q !== 'string') return parameters;
  const { terms, problems } = parseSearch(q);
  if (problems.length > 0) throw readErrors.AUDIT_QUERY_INVALID(problems.map((problem) => describeProblem(problem, q)));
  const words = terms.filter((term) => term.kind === 'word').map(({ text }) => text);
  const read: Record<string, unknown> = {
    ...others,
    ...((words.length > 0 || terms.length === 0) && { q: words.join(' ') }),
  };
  for (const [name, value] of filtersOf(terms.filter((term) => term.kind === 'field')))
    read[name] = read[name] === undefined ? value : [read[name], value].flat();
  return read;
}

function describeProblem({ code, start, end, params, nearest }: QueryProblem, query: string): string {
  const says = QUERY_PROBLEMS[`query.${code}`].replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const meant = !nearest ? '' : ` (did you mean ${nearest}?)`;
  return `${query.slice(start, end)} ${says.replace(/\.$/, '')}${meant}`;
}

function readValue(type: unknown, value: unknown): unknown {
  if (type === Number) return typeof value === 'string' && /^(-1|\d{1,15})$/.test(value) ? Number(value) : value;
  return type === Boolean && (value === 'true' || value === 'false') ? value === 'true' : value;
}

/** `details.amount[gte]=5` becomes `{ details: { amount: { gte: '5' } } }`. Only some URL parsers parse brackets. */
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
  if (problems.length > 0) throw readErrors.AUDIT_QUERY_INVALID(problems);
  // If the URL also has the parameter without a path, keeps only the value of that parameter. parseQuery() then reports the problem.
  for (const [root, values] of byPath) if (!given.has(root)) given.set(root, Object.fromEntries(values));
  return Object.fromEntries(given);
}

/** Other products use these signs for comparisons. Names of fields contain no such sign. */
const SIGNS = /[<>=!~[\]]/;

function misspelt(written: string, name: string): string {
  return `${written} is not a filter: write ${name}=…, ${name}[ne]=…, ${name}[gte]=… or ${name}[exists]=true`;
}

function splitOperator(written: string): { readonly name: string; readonly operator?: string } {
  const [, name = '', operator = ''] = WITH_OPERATOR.exec(written) ?? [];
  return isComparable(name) ? { name, operator } : { name: written };
}

function joined(before: unknown, operator: string, value: unknown): Readonly<Record<string, unknown>> {
  const comparisons = operator === 'is' ? comparisonsOf(value) : ([[operator, [value].flat()]] as const);
  const all = new Map(comparisonsOf(before));
  for (const [name, values] of comparisons) all.set(name, [...(all.get(name) ?? []), ...values]);
  return Object.fromEntries(all);
}
