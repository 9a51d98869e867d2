import {
  filtersOf,
  mayFold,
  seeksReads,
  withoutReads,
  type FilterPair,
} from '../monitoring/read/query/search-language/filters-of.js';
import { parseQuery } from '../monitoring/read/query/search-language/parse-query.js';
import { findQualifier } from '../monitoring/read/query/search-language/qualifiers.js';

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * Reads arguments as URL parameters; a repeated name has a list of values. `NAME=VALUE` is a parameter of the HTTP route. The other arguments
 * form the parameter `q`, a query in the language of the viewer's search: `ada failed login on:yesterday`. Times are in UTC.
 */
export function parametersOf(given: readonly string[]): Parameters {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string) => values.set(name, [...(values.get(name) ?? []), value]);
  for (const each of given.filter(isParameter)) {
    const [name = '', ...rest] = each.split('=');
    add(name, rest.join('='));
  }
  const words = [...(values.get('q') ?? []), ...given.filter((each) => !isParameter(each))];
  if (words.length > 0) values.set('q', [words.join(' ')]);
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]));
}

/**
 * Reads arguments like {@link parametersOf}. If the user typed words, the search omits the ledger's own reads, as in the viewer. Such a
 * search also omits row changes that belong to the event of an operation. A search of these reads omits those of the reader, unless it names
 * an actor.
 *
 * @param reader the actor of the read
 */
export function searchOf(given: readonly string[], reader: string): Parameters {
  const { q, ...others } = parametersOf(given);
  if (typeof q !== 'string' || given.every(isParameter)) return parametersOf(given);
  const pairs = Object.entries(others).map(([name, value]): FilterPair => [name, [value].flat().join(' ')]);
  const named = [...pairs, ...filtersOf(parseQuery(q).terms)];
  return {
    ...Object.fromEntries(withoutReads(named).slice(named.length)),
    ...(seeksReads(named) && { 'actorId[ne]': reader }),
    ...(mayFold(named) && others.archived === undefined && { rows: 'false' }),
    ...others,
    q,
  };
}

function isParameter(argument: string): boolean {
  const [matched, name = ''] = /^([^\s:=<>"]+)=/.exec(argument) ?? [];
  const qualifier = findQualifier(name);
  return (
    matched !== undefined &&
    (qualifier === undefined || qualifier.kind === 'path' || qualifier.filter.toLowerCase() === name.toLowerCase())
  );
}
