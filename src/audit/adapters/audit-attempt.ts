import type { AuditReceipt } from '../delivery/receipt.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import type { AuditOutcome } from '../event/outcomes.js';

/** Facts that are known only at the end of an attempt. */
export interface AttemptEnd extends TransactionOptions {
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The error that made it fail; its name, code and message are kept. */
  readonly error?: unknown;
}

/** Records the end of an attempt. */
export type RecordEnd = (outcome: AuditOutcome, reason: string | undefined, end: AttemptEnd) => Promise<AuditReceipt>;

/** An operation that was recorded as `attempted`. The first end that is given is recorded; later ones resolve with its receipt. */
export class AuditAttempt {
  private ended: Promise<AuditReceipt> | undefined;

  constructor(
    /** The receipt of the `attempted` event. */
    readonly receipt: AuditReceipt,
    private readonly recordEnd: RecordEnd,
  ) {}

  /** Records that it was done. */
  succeeded(end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('success', undefined, end);
  }

  /** Records that it was allowed; for permission checks, whose success is to be allowed. */
  granted(end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('success', undefined, end);
  }

  /** Records that it was tried and did not work. */
  failed(reason?: string, end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('failure', reason, end);
  }

  /** Records that it was not allowed. */
  denied(reason?: string, end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('denied', reason, end);
  }

  private end(outcome: AuditOutcome, reason: string | undefined, end: AttemptEnd): Promise<AuditReceipt> {
    return (this.ended ??= this.recordEnd(outcome, reason, end));
  }
}
