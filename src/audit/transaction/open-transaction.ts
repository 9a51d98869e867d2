import type { AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import type { TransactionRunner } from './transaction-manager.js';

/** What to do once the transaction is committed; forgotten when the part of it that it was noted in is rolled back. */
interface Noted<What> {
  readonly what: What;
  /** How many savepoints deep, relative to where the first event was recorded. */
  level: number;
}

const open = new WeakMap<object, OpenTransaction>();

/**
 * What is known of one transaction with events in it, until its end.
 *
 *     open ──commit or rollback begins──▶ closing ──committed──▶ gone: what was noted is delivered
 *                                           │
 *                                           └──it was a savepoint that was released──▶ open
 *     open, closing ──rolled back to a savepoint──▶ open: what was noted since is forgotten
 *     open, closing ──rolled back, or the connection is lost──▶ gone: what was noted is forgotten
 */
export class OpenTransaction {
  /** Whether the caller of the commit gets the connection back before the deliveries are waited for. */
  isWaitedForLater = false;
  /** The deliveries after the commit, once they are begun. Never rejects. */
  delivered: Promise<unknown> | undefined;
  /** Whether a commit or a rollback is under way: nothing can join meanwhile, since it would be written after it. */
  isClosing = false;
  /** What held the transaction up, by backend: each may do so once, however many events there are. */
  readonly tooLate = new Map<string, string>();
  private level = 0;
  private deliveries: Noted<() => Promise<unknown>>[] = [];
  private failures: Noted<AuditUnavailableError>[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** The one of a connection's current transaction. */
  static of(runner: TransactionRunner): OpenTransaction {
    const transaction = open.get(runner) ?? new OpenTransaction();
    open.set(runner, transaction);
    return transaction;
  }

  /** The same, if it has any event in it. */
  static find(runner: object): OpenTransaction | undefined {
    return open.get(runner);
  }

  /** Does `work` after what was asked for before it; the transaction's end waits for it. */
  run<Result>(work: (level: number) => Promise<Result>): Promise<Result> {
    const { level } = this;
    const result = this.last.then(() => work(level));
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Delivers after the commit. */
  deliverLater(level: number, deliver: () => Promise<unknown>): void {
    this.deliveries.push({ what: deliver, level });
  }

  /** The commit fails with `error`, or the release of the savepoint, also where the caller of `record()` swallowed it. */
  failAtCommit(level: number, error: AuditUnavailableError): void {
    this.failures.push({ what: error, level });
  }

  beginSavepoint(): void {
    this.level++;
  }

  releaseSavepoint(): void {
    this.level--;
    this.isClosing = false;
    for (const noted of [...this.deliveries, ...this.failures]) noted.level = Math.min(noted.level, this.level);
  }

  rollBackToSavepoint(): void {
    this.level--;
    this.isClosing = false;
    this.deliveries = this.deliveries.filter(({ level }) => level <= this.level);
    this.failures = this.failures.filter(({ level }) => level <= this.level);
  }

  /** Before a commit or a rollback, of a savepoint, too: waits for what is under way, and lets nothing more join. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.last;
  }

  /**
   * The same before a commit.
   *
   * @throws AuditUnavailableError (`AUDIT_UNAVAILABLE`) of an event that had to be stored and was not
   */
  async closeToCommit(): Promise<void> {
    await this.close();
    const failure = this.failures.find(({ level }) => level >= this.level);
    if (failure) throw failure.what;
  }

  /** The transaction is over. Once committed, its deliveries begin, in the order of the calls. */
  end(runner: object, isCommitted: boolean): void {
    open.delete(runner);
    if (isCommitted) this.delivered = Promise.all(this.deliveries.map(({ what }) => what()));
  }
}
