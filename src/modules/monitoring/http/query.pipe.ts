import { Injectable, type PipeTransform } from '@nestjs/common';
import { parametersOf, type QueryClass, type QueryParameter } from '../query/query-parameters.js';
import { readQuery } from '../query/parse-query.js';

/** A query type that hides its class from Nest; otherwise a pipe of the application would validate the raw parameters. */
export type Unseen<Query> = Readonly<Query>;

/**
 * Reads a URL's parameters as a query. The library's routes validate by themselves, since the application's validation may differ.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`)
 */
@Injectable()
export class QueryPipe<Query extends object> implements PipeTransform<object, Query> {
  constructor(private readonly Class: QueryClass<Query>) {}

  /** The parameters that the query accepts. */
  get parameters(): ReadonlyMap<string, QueryParameter> {
    return parametersOf(this.Class);
  }

  /** The values of parameters that are left out, by name. */
  get defaults(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(new this.Class()));
  }

  transform(parameters: object): Query {
    return readQuery(this.Class, parameters);
  }
}
