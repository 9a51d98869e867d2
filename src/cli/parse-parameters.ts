import {
  toFilters,
  canFold,
  searchesReads,
  excludeReads,
  type FilterPair,
} from '../monitoring/read/query/search-language/to-filters.js';
import { parseQuery } from '../monitoring/read/query/search-language/parse-query.js';
import { findQualifier } from '../monitoring/read/query/search-language/qualifiers.js';

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * Reads arguments as URL parameters; a repeated name has a list of values. `NAME=VALUE` is a parameter of the HTTP route. The other arguments
 * form the parameter `q`, a query in the language of the viewer's search: `ada failed login on:yesterday`. Times are in UTC.
 */
export function parseParameters(input: readonly string[]): Parameters {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string) => values.set(name, [...(values.get(name) ?? []), value]);
  for (const each of input.filter(isParameter)) {
    const [name = '', ...rest] = each.split('=');
    add(name, rest.join('='));
  }
  const words = [...(values.get('q') ?? []), ...input.filter((each) => !isParameter(each))];
  if (words.length > 0) values.set('q', [words.join(' ')]);
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]));
}

/**
 * Reads arguments like {@link parseParameters}. If the user typed words, the search omits the ledger's own reads, as in the viewer. Such a
 * search also omits row changes that belong to the event of an operation. A search of these reads omits those of the reader, unless it names
 * an actor.
 *
 * @param reader the actor of the read
 */
export function parseSearch(input: readonly string[], reader: string): Parameters {
  const { q, ...others } = parseParameters(input);
  if (typeof q !== 'string' || input.every(isParameter)) return parseParameters(input);
  const pairs = Object.entries(others).map(([name, value]): FilterPair => [name, [value].flat().join(' ')]);
  const named = [...pairs, ...toFilters(parseQuery(q).terms)];
  return {
    ...Object.fromEntries(excludeReads(named).slice(named.length)),
    ...(searchesReads(named) && { 'actorId[ne]': reader }),
    ...(canFold(named) && others.archived === undefined && { rows: 'false' }),
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
