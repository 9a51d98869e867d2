import { AuditError } from '../../../../audit/plain.js';

/** Too many readers follow the live tail in this process. */
export class TailsBusyError extends AuditError {
  readonly code = 'AUDIT_TAILS_BUSY';

  static create(following: number): TailsBusyError {
    return new TailsBusyError(
      `Cannot follow the ledger: ${following} readers follow it already. Try again later, or poll /audit/events/newer.`,
    );
  }
}
