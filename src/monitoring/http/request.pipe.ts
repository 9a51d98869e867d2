import { Injectable, type PipeTransform, BadRequestException } from '@nestjs/common';
import { z } from 'zod';
import { getParameters, type QueryClass, type QueryParameter } from '../read/query/query-parameters.js';
import { readQuery } from '../read/query/parse-query.js';
import { findNearestName } from '../../audit/nest-free.js';

/** Hides the query's class from Nest. Otherwise, a pipe of the application would validate the raw parameters. */
export type ParsedByPipe<Query> = Readonly<Query>;

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
    return getParameters(this.Class);
  }

  get defaults(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(new this.Class()));
  }

  transform(parameters: object): Query {
    return readQuery(this.Class, parameters);
  }
}

/**
 * Parses a body by its schema. An absent body counts as empty. The library's routes validate bodies themselves, because the application may
 * validate in another way, or not at all.
 *
 * @throws BadRequestException with each problem
 */
@Injectable()
export class BodyPipe<Schema extends z.ZodObject> implements PipeTransform<unknown, z.output<Schema>> {
  constructor(readonly schema: Schema) {}

  transform(body: unknown): z.output<Schema> {
    const read = this.schema.safeParse(body ?? {}, { error: (issue) => EXPECTED[issue.code]?.(issue) });
    if (read.success) return read.data;
    throw new BadRequestException(read.error.issues.flatMap((issue) => this.findProblems(issue)));
  }

  private findProblems(issue: z.core.$ZodIssue): readonly string[] {
    if (issue.code !== 'unrecognized_keys') {
      return [`${issue.path.length === 0 ? 'the body' : issue.path.join('.')} must be ${issue.message}`];
    }
    return issue.keys.map((key) => {
      const nearest = findNearestName(key, Object.keys(this.schema.shape));
      return `${key} is an unknown field${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
    });
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Each phrase follows "must be". */
const EXPECTED: Readonly<Record<string, (issue: z.core.$ZodRawIssue) => string | undefined>> = {
  invalid_type: ({ expected }) => TYPES[String(expected)],
  invalid_value: ({ values }) => `one of ${(values as readonly unknown[]).join(', ')}`,
  invalid_format: ({ format }) => (format === 'uuid' ? 'a UUID' : undefined),
};
