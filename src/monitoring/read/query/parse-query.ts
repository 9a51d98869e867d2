import type { EventFilters } from './event-query.dto.js';
import { suggestParameters, PATH_FILTER, isComparable, OPERATOR_FILTER } from './field-filters.js';
import { getParameters, type QueryClass } from './query-parameters.js';
import { parseEndTime, isMoment, parseTime } from './query-times.js';
import { listComparisons } from './filter-values.js';
import { readErrors } from '../../errors/read.errors.js';
import { toFilters } from './search-language/to-filters.js';
import { parseQuery as parseSearch, QUERY_PROBLEMS, type QueryProblem } from './search-language/parse-query.js';

/**
 * Checks a query, and returns the query with its defaults. The parameter `since` becomes `from`, and `until` becomes `to`.
 *
 * @param input the values by name; `undefined` counts as absent. An instance of the class is not checked again
 * @throws `AUDIT_QUERY_INVALID`, which lists all problems
 */
export function parseQuery<Query extends object>(Class: QueryClass<Query>, input: object): Query {
  if (input instanceof Class) return input;
  const query = new Class();
  const parameters = getParameters(Class);
  const entries: [string, unknown][] = Object.entries(input).filter(([, value]) => value !== undefined);
  const unknown = entries.filter(([name]) => !parameters.has(name));
  Object.assign(query, Object.fromEntries(entries.filter(([name]) => parameters.has(name))));
  const problems = [
    ...unknown.map(([name]) => formatUnknownParameter(name, [...parameters.keys()])),
    ...[...parameters.values()].flatMap(({ name, isRequired, findProblems }) => {
      const value: unknown = Reflect.get(query, name);
      return value === undefined && !isRequired ? [] : findProblems(name, value);
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
  const isEmpty = isMoment(from) && isMoment(to) && parseTime(from) >= parseEndTime(to); // not for ConsistencyQuery, whose from and to are numbers
  if (isEmpty) throw readErrors.AUDIT_QUERY_INVALID(['from must be before to']);
  return query;
}

const OTHER_NAMES = [
  ['since', 'from'],
  ['until', 'to'],
] as const;

function formatUnknownParameter(name: string, known: readonly string[]): string {
  const nearest = suggestParameters(name, known);
  return `${name} is an unknown parameter${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

/** Reads a URL's parameters as a query. Its `q` may have filters: see {@link readSearch}. @throws `AUDIT_QUERY_INVALID` */
export function readQuery<Query extends object>(Class: QueryClass<Query>, parameters: object): Query {
  const declared = getParameters(Class);
  const input = Object.entries(readParameters(declared.has('q') ? readSearch(parameters) : parameters));
  const read = input.map(([name, value]) => [name, readValue(declared.get(name)?.facts?.type, value)]);
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
  for (const [name, value] of toFilters(terms.filter((term) => term.kind === 'field')))
    read[name] = read[name] === undefined ? value : [read[name], value].flat();
  return read;
}

function describeProblem({ code, start, end, params, nearest }: QueryProblem, query: string): string {
  const message = QUERY_PROBLEMS[`query.${code}`].replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const meant = !nearest ? '' : ` (did you mean ${nearest}?)`;
  return `${query.slice(start, end)} ${message.replace(/\.$/, '')}${meant}`;
}

function readValue(type: unknown, value: unknown): unknown {
  if (type === Number) return typeof value === 'string' && /^(-1|\d{1,15})$/.test(value) ? Number(value) : value;
  return type === Boolean && (value === 'true' || value === 'false') ? value === 'true' : value;
}

/** `details.amount[gte]=5` becomes `{ details: { amount: { gte: '5' } } }`. Only some URL parsers parse brackets. */
function readParameters(parameters: object): Readonly<Record<string, unknown>> {
  const input = new Map<string, unknown>();
  const byPath = new Map<string, Map<string, unknown>>();
  const problems: string[] = [];
  for (const [written, value] of Object.entries(parameters)) {
    const { name, operator } = splitOperator(written);
    const [, root, path] = PATH_FILTER.exec(name) ?? [];
    const sign = path === undefined ? -1 : path.search(SIGNS);
    if (sign > 0) problems.push(suggestParameter(written, `${root}.${path?.slice(0, sign)}`));
    const into = root === undefined ? input : (byPath.get(root) ?? new Map<string, unknown>());
    if (root !== undefined) byPath.set(root, into);
    const key = path ?? name;
    const isAlone = operator === undefined && !into.has(key);
    into.set(key, isAlone ? value : joined(into.get(key), operator ?? 'is', value));
  }
  if (problems.length > 0) throw readErrors.AUDIT_QUERY_INVALID(problems);
  // If the URL also has the parameter without a path, keeps only the value of that parameter. parseQuery() then reports the problem.
  for (const [root, values] of byPath) if (!input.has(root)) input.set(root, Object.fromEntries(values));
  return Object.fromEntries(input);
}

/** Other products use these signs for comparisons. Names of fields contain no such sign. */
const SIGNS = /[<>=!~[\]]/;

function suggestParameter(written: string, name: string): string {
  return `${written} is not a filter: write ${name}=…, ${name}[ne]=…, ${name}[gte]=… or ${name}[exists]=true`;
}

function splitOperator(written: string): { readonly name: string; readonly operator?: string } {
  const [, name = '', operator = ''] = OPERATOR_FILTER.exec(written) ?? [];
  return isComparable(name) ? { name, operator } : { name: written };
}

function joined(before: unknown, operator: string, value: unknown): Readonly<Record<string, unknown>> {
  const comparisons = operator === 'is' ? listComparisons(value) : ([[operator, [value].flat()]] as const);
  const all = new Map(listComparisons(before));
  for (const [name, values] of comparisons) all.set(name, [...(all.get(name) ?? []), ...values]);
  return Object.fromEntries(all);
}
