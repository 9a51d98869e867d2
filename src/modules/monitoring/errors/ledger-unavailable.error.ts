import { AuditError } from '../../../audit/plain.js';

/** The ledger takes or gives no events now: its server, its schema or its role must be seen to. The events may be offered again. */
export class LedgerUnavailableError extends AuditError {
  readonly code = 'AUDIT_LEDGER_UNAVAILABLE';
  /** Tells the core that no event is to blame; `unknown` where a trigger may have meant a single one. */
  fault: 'store' | 'unknown' = 'store';

  /**
   * @param seen what the server or the system said, without values of events
   * @param next what to do, a sentence without its full stop
   */
  static create(seen: string, next: string, fault: LedgerUnavailableError['fault'] = 'store'): LedgerUnavailableError {
    // Without a cause: the client's error carries values of rows, which a logger would print.
    const error = new LedgerUnavailableError(`Cannot use the ledger: ${seen}. ${next}.`);
    error.fault = fault;
    return error;
  }
}
