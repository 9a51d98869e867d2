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

/** A session that did not begin with the settings of its address. */
export class PooledSessionError extends Error {
  constructor() {
    super("a connection pooler dropped the session's settings (the startup parameter options)");
  }
}

/** A commit may be missing on every replica: somebody cancelled its wait for them. */
export class UnreplicatedCommitError extends Error {
  /** The code of the server's warning, from which `classifyLedgerError` derives what to do. */
  readonly code = '01000';

  constructor() {
    super('somebody cancelled the wait for synchronous replication, so that the standby servers may lack the commit');
  }
}
