import type { EventFilters } from './event-filters.dto.js';
import { parametersMeant } from './parameter-names.js';
import { parametersOf, type QueryClass } from './query-parameters.js';
import { isMoment, timeOf } from './query-times.js';
import { InvalidQueryError } from './invalid-query.error.js';

/**
 * Checks a query, and returns it with its defaults; `since` becomes `from`.
 *
 * @param given the values by name; `undefined` counts as absent. An instance of the class was checked before
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) naming everything that is wrong
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
  if (problems.length > 0) throw InvalidQueryError.create(problems);
  const ranged: Pick<EventFilters, 'from' | 'to' | 'since'> = query; // in a class without them, they are unknown parameters
  const { since } = ranged;
  if (since !== undefined && ranged.from !== undefined) {
    throw InvalidQueryError.create(['since must not be given with from: it is the same']);
  }
  if (since !== undefined) Object.assign(query, { from: since, since: undefined });
  const { from, to } = ranged;
  const problem = isMoment(from) && isMoment(to) ? rangeProblem(timeOf(from), timeOf(to), to) : undefined; // or sizes of trees
  if (problem !== undefined) throw InvalidQueryError.create([problem]);
  return query;
}

function unknownParameter(name: string, known: readonly string[]): string {
  const nearest = parametersMeant(name, known);
  return `${name} is an unknown parameter${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

function rangeProblem(from: Date, to: Date, written: string | Date): string | undefined {
  if (from > to) return 'from must not be after to';
  if (from < to) return undefined;
  const isDay = typeof written === 'string' && written.length === 'YYYY-MM-DD'.length;
  const next = new Date(to.getTime() + 86_400_000).toISOString().slice(0, 10);
  const wholeDay = isDay ? `; for the whole of that day, write to=${next}` : '';
  return `to must be after from: nothing is in the range, since to is exclusive${wholeDay}`;
}
