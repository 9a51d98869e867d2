import { AuditError } from '../../../audit/plain.js';

/** The ledger cannot store or read events now. Somebody must check the ledger's server, schema or role. Retrying may succeed later. */
export class LedgerUnavailableError extends AuditError {
  readonly code = 'AUDIT_LEDGER_UNAVAILABLE';
  /** `store` tells the core that no single event caused the error. `unknown`: a trigger may have rejected one event. */
  fault: 'store' | 'unknown' = 'store';

  /**
   * @param seen the error of the server or the system, without values of events
   * @param next what to do, as a sentence without its full stop
   */
  static create(seen: string, next: string, fault: LedgerUnavailableError['fault'] = 'store'): LedgerUnavailableError {
    // Without a `cause`: the client's error contains values of rows, which a logger would print.
    const error = new LedgerUnavailableError(`Cannot use the ledger: ${seen}. ${next}.`);
    error.fault = fault;
    return error;
  }
}
