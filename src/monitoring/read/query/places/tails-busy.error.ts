import { AuditError } from '../../../../audit/plain.js';

/** Too many readers follow the live tail in this process. */
export class TailsBusyError extends AuditError {
  readonly code = 'AUDIT_TAILS_BUSY';

  static ofOne(following: number): TailsBusyError {
    return new TailsBusyError(
      `Cannot follow the ledger: you follow it ${following} times already. Close another page that follows it, or poll /audit/events/newer.`,
    );
  }

  static create(following: number): TailsBusyError {
    return new TailsBusyError(
      `Cannot follow the ledger: ${following} readers follow it already. Try again later, or poll /audit/events/newer.`,
    );
  }
}
