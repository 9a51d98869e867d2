import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

const MAX_LEVELS = 64;
const MAX_VALUES = 1_000;

/**
 * Refuses input that cannot be validated or stored. PostgreSQL refuses lone surrogates, and thousands of nested levels overflow the
 * validator's stack. Without this pipe, the application would answer 500 in these two cases. The validator also makes one message for
 * each unknown field, and an anonymous request with thousands of fields would keep all others waiting.
 */
@Injectable()
export class StorableInputPipe implements PipeTransform {
  /** @throws BadRequestException that names the problem */
  transform(value: unknown): unknown {
    let level: readonly unknown[] = [value];
    let values = 0;
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MAX_LEVELS) {
        throw new BadRequestException(
          `Cannot read the request: it has more than ${MAX_LEVELS} levels of objects and lists. Send fewer.`,
        );
      }
      level = level.flatMap(contentOf);
      values += level.length;
      if (values > MAX_VALUES) {
        throw new BadRequestException(
          `Cannot read the request: it has more than ${MAX_VALUES} names and values. Send fewer.`,
        );
      }
    }
    return value;
  }
}

function contentOf(value: unknown): readonly unknown[] {
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new BadRequestException(
      'Cannot read the request: a text contains half of a character (a lone surrogate). Send well-formed Unicode.',
    );
  }
  if (Array.isArray(value)) return value as readonly unknown[];
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return [];
  return Object.entries(value).flat();
}
