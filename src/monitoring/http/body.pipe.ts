import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { nearestName } from '../../audit/nest-free.js';

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
    throw new BadRequestException(read.error.issues.flatMap((issue) => this.problemsOf(issue)));
  }

  private problemsOf(issue: z.core.$ZodIssue): readonly string[] {
    if (issue.code !== 'unrecognized_keys') {
      return [`${issue.path.length === 0 ? 'the body' : issue.path.join('.')} must be ${issue.message}`];
    }
    return issue.keys.map((key) => {
      const nearest = nearestName(key, Object.keys(this.schema.shape));
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
