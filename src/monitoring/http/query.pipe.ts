import { Injectable, type PipeTransform } from '@nestjs/common';
import { parametersOf, type QueryClass, type QueryParameter } from '../read/query/query-parameters.js';
import { readQuery } from '../read/query/parse-query.js';

/** Hides the query's class from Nest. Otherwise, a pipe of the application would validate the raw parameters. */
export type Unseen<Query> = Readonly<Query>;

/**
 * Reads a URL's parameters as a query. The library's routes validate queries themselves, because the application may validate in another way,
 * or not at all.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
@Injectable()
export class QueryPipe<Query extends object> implements PipeTransform<object, Query> {
  constructor(private readonly Class: QueryClass<Query>) {}

  get parameters(): ReadonlyMap<string, QueryParameter> {
    return parametersOf(this.Class);
  }

  get defaults(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(new this.Class()));
  }

  transform(parameters: object): Query {
    return readQuery(this.Class, parameters);
  }
}
