import { Injectable, type PipeTransform } from '@nestjs/common';
import { nearestName } from '../../../audit/plain.js';
import { InvalidQueryError } from '../query/invalid-query.error.js';

/**
 * Reads `at` of a URL's parameters; the time itself is checked by the service that looks the record up.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for any other parameter
 */
@Injectable()
export class RecordAtPipe implements PipeTransform<object, { readonly at?: string }> {
  transform(parameters: object): { readonly at?: string } {
    const problems = Object.keys(parameters)
      .filter((name) => name !== 'at')
      .map(
        (name) =>
          `${name} is an unknown parameter${nearestName(name, ['at']) === undefined ? '' : ' (did you mean at?)'}`,
      );
    const { at } = parameters as { readonly at?: unknown }; // as the parser of the URL gives it
    if (at !== undefined && typeof at !== 'string') problems.push('at must be given once');
    if (problems.length > 0) throw InvalidQueryError.create(problems);
    return typeof at === 'string' ? { at } : {};
  }
}
