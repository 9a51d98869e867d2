import { AuditError } from '../../audit/plain.js';

/** The ledger cannot store or read events now. Somebody must check the ledger's server, schema or role. Retrying may succeed later. */
export class LedgerUnavailableError extends AuditError {
  readonly code = 'AUDIT_LEDGER_UNAVAILABLE';
  /** With `store`, the aggregator knows that no single event caused the error. `unknown`: a trigger may have rejected one event. */
  fault: 'store' | 'unknown' = 'store';

  /**
   * @param seen the error of the server or the system, without values of events
   * @param next what to do, as a sentence without its full stop
   */
  static create(seen: string, next: string, fault: LedgerUnavailableError['fault'] = 'store'): LedgerUnavailableError {
    // The error has no `cause`, because the error of the PostgreSQL client contains values of rows, and a logger would print them.
    const error = new LedgerUnavailableError(`Cannot use the ledger: ${seen}. ${next}.`);
    error.fault = fault;
    return error;
  }
}
