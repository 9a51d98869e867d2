import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

/** Levels of objects and lists that a body may have: validating by classes recurses. */
const MAX_LEVELS = 64;

/**
 * Lets through what can be validated and stored: well-formed texts, in at most 64 levels. Lone surrogates make checks of e-mail
 * addresses throw, and PostgreSQL refuses them; thousands of levels exhaust the stack. Without it, both are answered with 500.
 */
@Injectable()
export class StorableInputPipe implements PipeTransform {
  /** @throws BadRequestException naming what is wrong */
  transform(value: unknown): unknown {
    let level: readonly unknown[] = [value];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MAX_LEVELS) {
        throw new BadRequestException(
          `Cannot read the request: it has more than ${MAX_LEVELS} levels of objects and lists. Send fewer.`,
        );
      }
      level = level.flatMap(contentOf);
    }
    return value;
  }
}

/** What an object or a list holds, the names of its fields among it. */
function contentOf(value: unknown): readonly unknown[] {
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new BadRequestException(
      'Cannot read the request: a text holds half of a character (a lone surrogate). Send well-formed Unicode.',
    );
  }
  if (Array.isArray(value)) return value as readonly unknown[];
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return [];
  return Object.entries(value).flat();
}
