import { AuditError } from '../../../audit/index.js';

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

/** The server ended a read at its time limit: no index serves its filters, or too few events pass them. */
export class QueryTooSlowError extends AuditError {
  readonly code = 'AUDIT_QUERY_TOO_SLOW';

  static create(): QueryTooSlowError {
    return new QueryTooSlowError(
      'Cannot answer the query: it took too long. Narrow the time range (from, to), or name an actor, a resource, a request or a tenant.',
    );
  }
}
