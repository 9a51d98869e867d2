import type { AuditReceipt } from '../delivery/receipt.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import type { AuditOutcome } from '../event/outcomes.js';

/** What is known at the end of an attempt only. */
export interface AttemptEnd extends TransactionOptions {
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The error that made it fail: its name, code and message are kept. */
  readonly error?: unknown;
}

/** Records the end of an attempt. */
export type RecordEnd = (outcome: AuditOutcome, reason: string | undefined, end: AttemptEnd) => Promise<AuditReceipt>;

/** An operation that was recorded as `attempted`. The first end that is given is recorded; later ones resolve with its receipt. */
export class AuditAttempt {
  private ended: Promise<AuditReceipt> | undefined;

  constructor(
    /** What became of the `attempted` event. */
    readonly receipt: AuditReceipt,
    private readonly recordEnd: RecordEnd,
  ) {}

  /** It was done. */
  succeeded(end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('success', undefined, end);
  }

  /** It was allowed; for questions of permission, where being allowed is the success. */
  granted(end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('success', undefined, end);
  }

  /** It was tried and did not work. */
  failed(reason?: string, end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('failure', reason, end);
  }

  /** It was not allowed. */
  denied(reason?: string, end: AttemptEnd = {}): Promise<AuditReceipt> {
    return this.end('denied', reason, end);
  }

  private end(outcome: AuditOutcome, reason: string | undefined, end: AttemptEnd): Promise<AuditReceipt> {
    return (this.ended ??= this.recordEnd(outcome, reason, end));
  }
}
