import { SerialTask } from '../delivery/spill/serial-task.js';
import { httpErrors } from '../errors/http.errors.js';
import { hasCode } from '../../base/errors/error-facts.js';

/** What follows the commit for one event. The call of `record()` reserves the place, and then knows whether anything follows. */
export interface AfterCommit {
  deliver?: () => Promise<unknown>;
}

const innermost = new WeakMap<object, ObservedTransaction>();

/**
 * A transaction whose commit this library sees, because the library calls what commits it, or a savepoint within that transaction: of
 * `@AuditedTransaction`, or of TypeORM's `transaction()`. The database undoes the events of a rollback; this class forgets what would follow.
 *
 *     new ──▶ close() ──the transaction commits──▶ committed(): the providers that cannot write in it get its events
 *                     ──the savepoint is released──▶ released(): its events follow the outer commit
 *                     ──rolled back──▶ detached(): nothing follows
 */
export class ObservedTransaction {
  /** Errors of providers that answered too late, by backend. Each provider may delay the transaction only once. */
  readonly tooLate = new Map<string, string>();
  /** Whether the work has ended. An event would come too late, and joins the outer transaction, if any. */
  isClosing = false;
  /** Whether the transaction was rolled back, by a text or by the server, although the work continues. */
  isUndone = false;
  private isDetached = false;
  private readonly outer: ObservedTransaction | undefined;
  private readonly calls: SerialTask;
  private readonly after: AfterCommit[] = [];
  private failure: Error | undefined;

  /** @param connection the client's object for the transaction: TypeORM's query runner, or `tx` */
  constructor(connection: object) {
    this.outer = ObservedTransaction.of(connection);
    this.calls = this.outer?.calls ?? new SerialTask();
    innermost.set(connection, this);
  }

  /** Returns the innermost open transaction of a connection; `undefined` if this library does not see the end. */
  static of(connection: object): ObservedTransaction | undefined {
    let found = innermost.get(connection);
    while (found && (found.isDetached || (found.isClosing && found.outer))) found = found.outer; // savepoints may end in any order
    return found;
  }

  /** Runs a call of `record()` after the earlier ones. The end waits for it. */
  call<Result>(record: (after: AfterCommit) => Promise<Result>): Promise<Result> {
    const after: AfterCommit = {};
    this.after.push(after);
    return this.calls.run(() => record(after));
  }

  /** Lets the end fail, even if the caller of `record()` catches the error. */
  fail(error: Error): void {
    this.failure ??= error;
  }

  undo(): void {
    this.isUndone = true;
    this.outer?.undo();
  }

  /** Resolves when the calls of `record()` have ended, also those that nobody awaits. */
  async settled(): Promise<void> {
    await this.calls.settled();
  }

  /** Waits for the calls of `record()`, and lets no further event join. @throws `AUDIT_UNAVAILABLE` for a lost event with the policy `closed` */
  async close(): Promise<void> {
    await this.settled();
    this.isClosing = true;
    if (this.failure) throw this.failure;
  }

  detached(): void {
    this.isDetached = true;
  }

  released(): void {
    this.detached();
    this.outer?.after.push(...this.after);
  }

  /** Delivers the events in the order in which they were recorded. @throws `AUDIT_OUTCOME_LOST` for a lost event with the policy `closed` */
  async committed(): Promise<void> {
    this.detached();
    for (const done of await Promise.allSettled(this.after.map(async ({ deliver }) => deliver?.()))) {
      if (done.status === 'fulfilled') continue;
      const { reason: error } = done as { readonly reason: unknown };
      throw hasCode(error, 'AUDIT_UNAVAILABLE') ? httpErrors.AUDIT_OUTCOME_LOST(error.eventType, error) : error;
    }
  }
}
