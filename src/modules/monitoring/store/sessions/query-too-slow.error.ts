import { AuditError } from '../../../../audit/plain.js';

/** The server ended a read at its time limit: no index serves its filters, or too few events match them. */
export class QueryTooSlowError extends AuditError {
  readonly code = 'AUDIT_QUERY_TOO_SLOW';

  static create(): QueryTooSlowError {
    return new QueryTooSlowError(
      'Cannot answer the query: it took too long. Narrow the time range (from, to), or name an actor, a resource, a request or a tenant.',
    );
  }
}
