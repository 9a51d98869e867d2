import { AuditError } from '../../../../audit/plain.js';

/** More readers follow the ledger than one process serves at once. */
export class TailsBusyError extends AuditError {
  readonly code = 'AUDIT_TAILS_BUSY';

  static create(following: number): TailsBusyError {
    return new TailsBusyError(
      `Cannot follow the ledger: ${following} readers do so already. Try again later, or ask /audit/events/newer from time to time.`,
    );
  }
}
