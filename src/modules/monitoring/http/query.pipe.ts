import { Injectable, type PipeTransform } from '@nestjs/common';
import type { EventFilters } from '../query/event-filters.dto.js';
import { parseQuery } from '../query/parse-query.js';

/** Parameters that are whole numbers. */
const NUMBERS: readonly string[] = ['limit', 'groups'];

/** Parameters of which each name holds a path: `details.payment.method`. */
const BY_PATH = /^(details|metadata)\.(.*)$/s;

/** A query whose class Nest does not see: a pipe of the application would check the parameters before they are read. */
export type Unseen<Query> = Readonly<Query>;

/**
 * Reads a URL's parameters as a query. The library's routes bring their own validation: the application's may differ.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`)
 */
@Injectable()
export class QueryPipe<Query extends EventFilters> implements PipeTransform<object, Query> {
  constructor(private readonly QueryClass: new () => Query) {}

  transform(parameters: object): Query {
    const given = new Map<string, unknown>();
    const byPath = new Map<string, [string, unknown][]>();
    for (const [name, value] of Object.entries(parameters)) {
      const [, column, path] = BY_PATH.exec(name) ?? [];
      if (column === undefined || path === undefined) given.set(name, NUMBERS.includes(name) ? numberOf(value) : value);
      else byPath.set(column, [...(byPath.get(column) ?? []), [path, value]]);
    }
    // What is given without a path as well is wrong, and stays so.
    for (const [column, values] of byPath) if (!given.has(column)) given.set(column, Object.fromEntries(values));
    return parseQuery(this.QueryClass, Object.fromEntries(given));
  }
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}
