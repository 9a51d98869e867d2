import { AuditError } from '../../../audit/plain.js';

/** The query is invalid. `problems` states for each problem which values are allowed. */
export class InvalidQueryError extends AuditError {
  readonly code = 'AUDIT_QUERY_INVALID';
  problems: readonly string[] = [];

  static create(problems: readonly string[]): InvalidQueryError {
    const error = new InvalidQueryError(`Cannot read the ledger: ${problems.join('; ')}. Correct the query.`);
    error.problems = problems;
    return error;
  }
}
