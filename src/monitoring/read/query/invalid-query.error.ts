import { AuditError } from '../../../audit/plain.js';

/** The query is invalid. Each item of `problems` describes a problem and the allowed values. */
export class InvalidQueryError extends AuditError {
  readonly code = 'AUDIT_QUERY_INVALID';
  problems: readonly string[] = [];

  static create(problems: readonly string[]): InvalidQueryError {
    const error = new InvalidQueryError(`Cannot read the ledger: ${problems.join('; ')}. Correct the query.`);
    error.problems = problems;
    return error;
  }
}
