import {
  filtersOf,
  mayFold,
  seeksReads,
  withoutReads,
  type FilterPair,
} from '../monitoring/read/query/search-language/filters-of.js';
import { parseQuery, type QueryProblem, QUERY_PROBLEMS } from '../monitoring/read/query/search-language/parse-query.js';
import { findQualifier } from '../monitoring/read/query/search-language/qualifiers.js';
import { readErrors } from '../monitoring/errors/read.errors.js';

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * Reads arguments as URL parameters; a repeated name has a list of values. `NAME=VALUE` is a parameter of the HTTP route. The other arguments
 * form one query in the language of the viewer's search: `ada failed login on:yesterday`. Times are in UTC.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
export function parametersOf(given: readonly string[]): Parameters {
  return readWords(given).parameters;
}

/**
 * Reads arguments like {@link parametersOf}. If the user typed words, the search omits the ledger's own reads, as in the viewer. Such a
 * search also omits row changes that belong to the event of an operation. A search of these reads omits those of the reader, unless it names
 * an actor.
 *
 * @param reader the actor of the read
 * @throws `AUDIT_QUERY_INVALID`
 */
export function searchOf(given: readonly string[], reader: string): Parameters {
  const { typed, parameters } = readWords(given);
  if (typed === '') return parameters;
  const named = Object.entries(parameters).map(([name, value]): FilterPair => [name, [value].flat().join(' ')]);
  return {
    ...Object.fromEntries(withoutReads(named).slice(named.length)),
    ...(seeksReads(named) && { 'actorId[ne]': reader }),
    ...(mayFold(named) && parameters.archived === undefined && { rows: 'false' }),
    ...parameters,
  };
}

function readWords(given: readonly string[]): { readonly parameters: Parameters; readonly typed: string } {
  const typed = given.filter((each) => !isParameter(each)).join(' ');
  const { terms, problems } = parseQuery(typed);
  if (problems.length > 0) throw readErrors.AUDIT_QUERY_INVALID(problems.map((problem) => describe(problem, typed)));
  const pairs = given.filter(isParameter).map((each): FilterPair => {
    const [name = '', ...rest] = each.split('=');
    return [name, rest.join('=')];
  });
  const values = new Map<string, string[]>();
  for (const [name, value] of [...pairs, ...filtersOf(terms)]) values.set(name, [...(values.get(name) ?? []), value]);
  const parameters = Object.fromEntries(
    Array.from(values, ([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]),
  );
  return { typed, parameters };
}

function isParameter(argument: string): boolean {
  const [matched, name = ''] = /^([^\s:=<>"]+)=/.exec(argument) ?? [];
  const qualifier = findQualifier(name);
  return (
    matched !== undefined &&
    (qualifier === undefined || qualifier.kind === 'path' || qualifier.filter.toLowerCase() === name.toLowerCase())
  );
}

function describe({ code, start, end, params, nearest }: QueryProblem, query: string): string {
  const says = QUERY_PROBLEMS[`query.${code}`].replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const meant = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return `${query.slice(start, end)} ${says.replace(/\.$/, '')}${meant}`;
}
