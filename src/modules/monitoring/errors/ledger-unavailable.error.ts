import { AuditError } from '../../../audit/plain.js';

/**
 * The ledger cannot store or read events now: somebody must look at its server, its schema or its role. The events may be offered again.
 */
export class LedgerUnavailableError extends AuditError {
  readonly code = 'AUDIT_LEDGER_UNAVAILABLE';
  /** Tells the core that no event caused it; `unknown` where a trigger may have rejected a single event. */
  fault: 'store' | 'unknown' = 'store';

  /**
   * @param seen what the server or the system said, without values of events
   * @param next what to do, a sentence without its full stop
   */
  static create(seen: string, next: string, fault: LedgerUnavailableError['fault'] = 'store'): LedgerUnavailableError {
    // Has no cause: the client's error contains values of rows, which a logger would print.
    const error = new LedgerUnavailableError(`Cannot use the ledger: ${seen}. ${next}.`);
    error.fault = fault;
    return error;
  }
}
