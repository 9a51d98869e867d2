import { OneAtATime } from '../delivery/spill/one-at-a-time.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { OpenManager, TransactionScope } from './transaction-manager.js';
import { httpErrors } from '../errors/http.errors.js';
import { hasCode } from '../../base/errors/error-facts.js';

/** Sends a statement together with the COMMIT. Resolves with the statement's rows. */
export type SendWithCommit = NonNullable<TransactionScope['withCommit']>;

/** Writes kept events in their transaction. An event that cannot be written is delivered after the commit. @throws `AUDIT_TRANSACTION_MISSING` */
export type WriteKept = (kept: readonly KeptEvent[], withCommit?: SendWithCommit) => Promise<void>;

/** An event that is written before the commit of its transaction, together with the transaction's other events. */
export interface KeptEvent {
  readonly event: AuditEvent;
  readonly at: number;
  readonly manager: OpenManager;
  /** The write function of the application that recorded the event. */
  readonly write: WriteKept;
  /** The backends of the providers that will write the event; missing until the providers have answered. */
  joining?: ReadonlySet<string>;
  readonly joined: Set<string>;
  /** The number of the step that wrote the event; missing before that step, and after its rollback. */
  writtenAt?: number | undefined;
}

/** Work in the transaction, which a rollback to an earlier savepoint discards. */
interface Step {
  readonly at: number;
  /** Delivers an event after the commit. */
  readonly deliver?: () => Promise<unknown>;
  /** The error with which the commit, or the release of the savepoint, must fail. The caller of `record()` may have caught this error. */
  readonly failure?: Error;
}

interface Savepoint {
  /** The savepoint's name; `undefined` if TypeORM reports only the begin and the end of nested transactions. */
  readonly name: string | undefined;
  readonly at: number;
}

const NESTED = /^typeorm_\d+$/;

const open = new WeakMap<object, OpenTransaction>();

/**
 * The state of one transaction with events, until its end. The steps are numbered in order, so that a rollback to a savepoint removes the
 * steps with a later number.
 *
 *     open ──commit or rollback begins──▶ closing ──committed──▶ ended: its events are delivered
 *                                           │
 *                                           └──a savepoint was released──▶ open
 *     open, closing ──rolled back to a savepoint──▶ open: the events since the savepoint are forgotten
 *     open, closing ──rolled back, or the connection is lost──▶ ended: the events are forgotten
 *     open ──COMMIT or ROLLBACK of the caller──▶ over: its events are delivered or forgotten, and no event can join
 */
export class OpenTransaction {
  /** Whether the code that commits releases the connection before it awaits `delivered`. */
  isWaitedForLater = false;
  /** The deliveries after the commit. Rejects with `AUDIT_OUTCOME_LOST` for a lost event with the policy `closed`. */
  delivered: Promise<unknown> | undefined;
  /** Whether the transaction was rolled back, for example by a ROLLBACK of the caller. */
  isUndone = false;
  /** Whether a commit or a rollback is in progress. No event can join then, since it would be written too late. */
  isClosing = false;
  /** Whether the caller ended the transaction by a text. The query runner may never end it. */
  isOver = false;
  /** Whether a ClientFollower reports the savepoints. */
  isFollowed = false;
  /** Whether a ClientFollower reported a COMMIT of the caller. */
  wasFollowed = false;
  /** The errors of providers that answered too late, by backend. Each provider may delay the transaction only once. */
  readonly tooLate = new Map<string, string>();
  /** The writes that must finish before the transaction ends. */
  readonly work = new OneAtATime();
  /** The number of calls of {@link writeFirst} that run. */
  writes = 0;
  private now = 0;
  private savepoints: Savepoint[] = [];
  private steps: Step[] = [];
  private kept: KeptEvent[] = [];

  /** Returns the state of the current transaction of a query runner or a connection, and creates it if missing. */
  static of(runner: object): OpenTransaction {
    const transaction = open.get(runner) ?? new OpenTransaction();
    open.set(runner, transaction);
    return transaction;
  }

  /** Returns the state of a connection's current transaction; `undefined` without events. */
  static find(runner: object): OpenTransaction | undefined {
    return open.get(runner);
  }

  tick(): number {
    return ++this.now;
  }

  note(step: Step): void {
    this.steps.push(step);
  }

  keep(kept: KeptEvent): void {
    this.kept.push(kept);
  }

  /** The unwritten events whose providers have answered. */
  get unwritten(): readonly KeptEvent[] {
    return this.kept.filter(({ writtenAt, joining }) => writtenAt === undefined && joining !== undefined);
  }

  /** Writes an event before the next step: otherwise, a caller who does not await `record()` could end the transaction before. */
  async writeFirst<Result>(write: () => Promise<Result>): Promise<Result> {
    this.writes++;
    try {
      return await this.work.run(write);
    } finally {
      this.writes--;
    }
  }

  get isKeeping(): boolean {
    return this.kept.some(({ writtenAt }) => writtenAt === undefined);
  }

  async writeKept(withCommit?: SendWithCommit): Promise<void> {
    const { unwritten } = this;
    const writers = new Set(unwritten.map(({ write }) => write));
    const backends = new Set(unwritten.flatMap(({ joining = [] }) => [...joining]));
    const isOne = writers.size === 1 && backends.size === 1; // only a single statement can be sent together with the COMMIT
    for (const writer of writers) {
      const own = unwritten.filter(({ write }) => write === writer);
      await writer(own, isOne ? withCommit : undefined);
    }
  }

  beginSavepoint(name?: string, at = this.tick()): void {
    this.savepoints.push({ name, at });
  }

  /**
   * Releases a savepoint and all later savepoints. An unknown savepoint is older than all known savepoints, since it was made before the
   * first event.
   */
  releaseSavepoint(name?: string): void {
    this.isClosing = false;
    this.savepoints = this.savepoints.slice(0, Math.max(this.indexOf(name), 0));
  }

  /**
   * Discards the steps between the savepoint and the rollback. `until` is the number of the rollback. An event that was recorded before the
   * savepoint, but written after the savepoint, will be written again.
   */
  rollBackToSavepoint(name: string | undefined, until: number): void {
    this.isClosing = false;
    const index = this.indexOf(name);
    const from = this.savepoints[index]?.at ?? 0;
    // The savepoint remains after the rollback, unless it belongs to a nested transaction of TypeORM.
    this.savepoints = this.savepoints.slice(0, index + (isNested(name) ? 0 : 1));
    const isLeft = ({ at }: { readonly at: number }): boolean => at < from || at > until;
    this.steps = this.steps.filter(isLeft);
    this.kept = this.kept.filter(isLeft);
    for (const kept of this.kept) if ((kept.writtenAt ?? 0) > from) kept.writtenAt = undefined;
  }

  /** Keeps all events, and writes the written events again, since the rollback may have undone them. */
  rollBackToUnseen(): void {
    this.isClosing = false;
    for (const kept of this.kept) kept.writtenAt = undefined;
  }

  /**
   * Delivers the events before the COMMIT with the number `until`. The caller may have sent this COMMIT, and may end nothing afterwards. The
   * connection may have a further transaction.
   */
  commitPart(until: number): void {
    const isLeft = ({ at }: { readonly at: number }): boolean => at > until;
    this.deliver(this.steps.filter((step) => !isLeft(step)));
    this.steps = this.steps.filter((step) => !step.deliver || isLeft(step));
    this.kept = this.kept.filter(({ at }) => at > until);
    this.savepoints = [];
  }

  /** Discards all uncommitted events, after the application rolled back the whole transaction. */
  forget(): void {
    this.isUndone = true;
    this.savepoints = [];
    this.steps = [];
    this.kept = [];
  }

  /** Closes the transaction before it or one of its savepoints ends: waits for work in progress, and refuses new events. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.work.settled();
  }

  /** Closes the transaction to commit. @throws `AUDIT_UNAVAILABLE` for a lost event with the policy `closed` */
  async closeToCommit(): Promise<void> {
    await this.close();
    const nested = this.savepoints.findLast(({ name }) => isNested(name));
    const failed = this.steps.find(({ at, failure }) => failure && at > (nested?.at ?? 0));
    if (failed?.failure) throw failed.failure;
  }

  /** Ends the transaction. Starts the deliveries of committed events, in the order in which they were recorded. */
  end(runner: object, isCommitted: boolean): void {
    open.delete(runner);
    this.isUndone = !isCommitted;
    if (isCommitted) this.deliver(this.steps);
  }

  private deliver(steps: readonly Step[]): void {
    const deliveries = steps.flatMap(({ deliver }) => (deliver ? [deliver()] : []));
    if (deliveries.length === 0) return;
    this.delivered = deliverAll([...(this.delivered ? [this.delivered] : []), ...deliveries]);
    this.delivered.catch(() => undefined); // the caller of a COMMIT as a text does not wait
  }

  private indexOf(name: string | undefined): number {
    if (name === undefined) return this.savepoints.length - 1;
    return this.savepoints.findLastIndex((each) => each.name === name);
  }
}

async function deliverAll(deliveries: readonly Promise<unknown>[]): Promise<void> {
  for (const done of await Promise.allSettled(deliveries)) {
    if (done.status === 'fulfilled') continue;
    const { reason: error } = done as { readonly reason: unknown };
    throw hasCode(error, 'AUDIT_UNAVAILABLE') ? httpErrors.AUDIT_OUTCOME_LOST(error.eventType, error) : error;
  }
}

function isNested(name: string | undefined): boolean {
  return name === undefined || NESTED.test(name);
}
