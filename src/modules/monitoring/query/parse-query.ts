import { validateSync } from 'class-validator';
import type { EventFilters } from './event-filters.dto.js';
import { timeOf } from './query-values.js';
import { InvalidQueryError } from './query.errors.js';

/** Names that every object has, which no check of names would find missing. */
const IN_EVERY_OBJECT = Object.getOwnPropertyNames(Object.prototype);

/**
 * What was asked, checked.
 *
 * @param given by name; what is `undefined` counts as absent. What is an instance already was checked before
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) naming everything that is wrong
 */
export function parseQuery<Query extends EventFilters>(QueryClass: new () => Query, given: object): Query {
  if (given instanceof QueryClass) return given;
  const query = new QueryClass();
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const strange = entries.filter(([name]) => IN_EVERY_OBJECT.includes(name));
  Object.assign(query, Object.fromEntries(entries.filter((entry) => !strange.includes(entry))));
  const problems = [
    ...strange.map(([name]) => `property ${name} should not exist`),
    ...validateSync(query, { whitelist: true, forbidNonWhitelisted: true }).flatMap(({ constraints = {} }) =>
      Object.values(constraints),
    ),
  ];
  if (problems.length > 0) throw InvalidQueryError.create(problems);
  const { from, to } = query;
  if (from !== undefined && to !== undefined && timeOf(from) > timeOf(to)) {
    throw InvalidQueryError.create(['from must not be after to']);
  }
  return query;
}
