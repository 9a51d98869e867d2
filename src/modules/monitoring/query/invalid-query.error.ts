import { AuditError } from '../../../audit/plain.js';

/** What was asked of the ledger makes no sense; `problems` says of each part what would. */
export class InvalidQueryError extends AuditError {
  readonly code = 'AUDIT_QUERY_INVALID';
  problems: readonly string[] = [];

  static create(problems: readonly string[]): InvalidQueryError {
    const error = new InvalidQueryError(`Cannot read the ledger: ${problems.join('; ')}. Correct the query.`);
    error.problems = problems;
    return error;
  }
}
