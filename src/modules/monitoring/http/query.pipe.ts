import { Injectable, type PipeTransform } from '@nestjs/common';
import { parametersOf, type QueryClass, type QueryParameter } from '../query/query-parameters.js';
import { readQuery } from '../query/read-query.js';

/** A query whose class Nest does not see: a pipe of the application would check the parameters before they are read. */
export type Unseen<Query> = Readonly<Query>;

/**
 * Reads a URL's parameters as a query. The library's routes bring their own validation: the application's may differ.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`)
 */
@Injectable()
export class QueryPipe<Query extends object> implements PipeTransform<object, Query> {
  constructor(
    private readonly Class: QueryClass<Query>,
    private readonly read: (query: Query) => Query = (query) => query,
  ) {}

  /** What may be asked. */
  get parameters(): ReadonlyMap<string, QueryParameter> {
    return parametersOf(this.Class);
  }

  transform(parameters: object): Query {
    return this.read(readQuery(this.Class, parameters));
  }
}
