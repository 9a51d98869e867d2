import { Injectable, type PipeTransform } from '@nestjs/common';
import { parseQuery } from '../query/parse-query.js';
import { readParameters } from '../query/read-parameters.js';

/** Parameters that are whole numbers. */
const NUMBERS: readonly string[] = [
  ...['limit', 'groups', 'steps', 'size', 'checkpointSize'],
  ...['before', 'after', 'first', 'last'],
];

/** Parameters that are true or false. */
const FLAGS: readonly string[] = ['archived'];

/** A query whose class Nest does not see: a pipe of the application would check the parameters before they are read. */
export type Unseen<Query> = Readonly<Query>;

/**
 * Reads a URL's parameters as a query. The library's routes bring their own validation: the application's may differ.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`)
 */
@Injectable()
export class QueryPipe<Query extends object> implements PipeTransform<object, Query> {
  constructor(private readonly QueryClass: new () => Query) {}

  transform(parameters: object): Query {
    const given = Object.entries(readParameters(parameters));
    const read = given.map(([name, value]) => [name, readValue(name, value)]);
    return parseQuery(this.QueryClass, Object.fromEntries(read) as object);
  }
}

function readValue(name: string, value: unknown): unknown {
  if (NUMBERS.includes(name)) return numberOf(value);
  return FLAGS.includes(name) && (value === 'true' || value === 'false') ? value === 'true' : value;
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^(-1|\d{1,15})$/.test(value) ? Number(value) : value;
}
