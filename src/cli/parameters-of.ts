import { InvalidQueryError } from '../modules/monitoring/query/invalid-query.error.js';
import { filtersOf, mayFold, withoutReads, type FilterPair } from '../modules/monitoring/query/typed/filters-of.js';
import { parseQuery, type QueryProblem } from '../modules/monitoring/query/typed/parse-query.js';
import { findQualifier } from '../modules/monitoring/query/typed/qualifiers.js';
import { QUERY_PROBLEMS } from '../modules/monitoring/query/typed/query-problems.js';
import { rewriteQuery } from '../modules/monitoring/query/typed/rewrite-query.js';

/**
 * Reads arguments as a URL's parameters; a name that is given several times has all its values. `NAME=VALUE` is a parameter of the route.
 * The other arguments together are a query in the language of the viewer's search: `ada failed login yesterday`. Times of day are in UTC,
 * as they are printed.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for what cannot be read
 */
export function parametersOf(given: readonly string[]): Readonly<Record<string, string | readonly string[]>> {
  const values = new Map<string, string[]>();
  const pairs = given.filter(isParameter).map((each): FilterPair => {
    const [name = '', ...rest] = each.split('=');
    return [name, rest.join('=')];
  });
  for (const [name, value] of [...pairs, ...filtersTyped(typedIn(given))]) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]));
}

/** The beginnings of the types of row changes. */
const NAMES_ROWS = /\b(row|table)_/;

/**
 * Reads arguments as {@link parametersOf}. Where words are typed, the ledger's own reads are left out, and row changes are left to the events
 * of their operations, as in the viewer's search.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for what cannot be read
 */
export function searchOf(given: readonly string[]): ReturnType<typeof parametersOf> {
  const parameters = parametersOf(given);
  if (typedIn(given) === '') return parameters;
  const named = Object.entries(parameters).map(([name, value]): FilterPair => [name, [value].flat().join(' ')]);
  return {
    ...Object.fromEntries(withoutReads(named).slice(named.length)),
    ...(mayFold(named) && !NAMES_ROWS.test(typedIn(given)) && parameters.archived === undefined && { rows: 'false' }),
    ...parameters,
  };
}

/** Returns the query that was typed in words, as it is understood; `undefined` if it is as it was typed. */
export function understood(given: readonly string[]): string | undefined {
  const typed = typedIn(given);
  const query = rewriteQuery(typed, true);
  return query === typed ? undefined : query;
}

function typedIn(given: readonly string[]): string {
  return given.filter((each) => !isParameter(each)).join(' ');
}

/** Whether an argument is a parameter of the route. A name that only the query language has is read as a query: `user=ada`. */
function isParameter(argument: string): boolean {
  const [matched, name = ''] = /^([^\s:=<>"]+)=/.exec(argument) ?? [];
  const qualifier = findQualifier(name);
  return (
    matched !== undefined &&
    (qualifier === undefined || qualifier.kind === 'path' || qualifier.filter.toLowerCase() === name.toLowerCase())
  );
}

function filtersTyped(typed: string): readonly FilterPair[] {
  const query = rewriteQuery(typed, true);
  const { terms, problems } = parseQuery(query);
  if (problems.length > 0) throw InvalidQueryError.create(problems.map((problem) => describe(problem, query)));
  return filtersOf(terms);
}

function describe({ code, start, end, params, nearest }: QueryProblem, query: string): string {
  const says = QUERY_PROBLEMS[`query.${code}`].replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const meant = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return `${query.slice(start, end)} ${says.replace(/\.$/, '')}${meant}`;
}
