import { AuditOutcomeLostError, AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import { OneAtATime } from '../delivery/spill/one-at-a-time.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { OpenManager, TransactionRunner, TransactionScope } from './transaction-manager.js';

/** Sends a statement and the COMMIT after it together; resolves with the statement's rows. */
export type SendWithCommit = NonNullable<TransactionScope['withCommit']>;

/** Writes kept events in their transaction. Never rejects: events that could not be written are delivered after the commit. */
export type WriteKept = (kept: readonly KeptEvent[], withCommit?: SendWithCommit) => Promise<void>;

/** An event of a transaction that is written before its commit, together with the others. */
export interface KeptEvent {
  readonly event: AuditEvent;
  readonly at: number;
  readonly manager: OpenManager;
  /** The function of the application that recorded it; the same for all of its events. */
  readonly write: WriteKept;
  /** The backends of the providers that should write it; absent until they are known. */
  joining?: ReadonlySet<string>;
  readonly joined: Set<string>;
  /** The transaction's number when its writing began; absent before, and once that is undone. */
  writtenAt?: number | undefined;
}

/** Something noted for the end of the transaction; forgotten if the part of the transaction that it belongs to is rolled back. */
interface Step {
  readonly at: number;
  /** Delivers an event after the commit. */
  readonly deliver?: () => Promise<unknown>;
  /** Makes the commit, or the release of the savepoint, fail, even if the caller of `record()` caught it. */
  readonly failure?: AuditUnavailableError;
}

interface Savepoint {
  /** The name; `undefined` if only the beginnings and ends of nested transactions are known. */
  readonly name: string | undefined;
  readonly at: number;
}

/** How TypeORM names the savepoints of nested transactions. */
const NESTED = /^typeorm_\d+$/;

const open = new WeakMap<object, OpenTransaction>();

/**
 * The state of one transaction with events in it, until its end. Its steps are numbered in order, so that a rollback to a savepoint undoes
 * those with a later number.
 *
 *     open ──commit or rollback begins──▶ closing ──committed──▶ gone: what was noted is delivered
 *                                           │
 *                                           └──it was a savepoint that was released──▶ open
 *     open, closing ──rolled back to a savepoint──▶ open: what was noted since is forgotten
 *     open, closing ──rolled back, or the connection is lost──▶ gone: what was noted is forgotten
 */
export class OpenTransaction {
  /** Whether the caller of the commit gets the connection back before it waits for the deliveries. */
  isWaitedForLater = false;
  /** The deliveries after the commit, once they have begun. Rejects with AuditOutcomeLostError for an event that had to be stored. */
  delivered: Promise<unknown> | undefined;
  /** Whether it was rolled back, for example by a text that the caller sent before its end. */
  isUndone = false;
  /** Whether a commit or a rollback is in progress: nothing can join then, since it would be written after it. */
  isClosing = false;
  /** Whether its savepoints are known from the statements on its connection. */
  isFollowed = false;
  /** The reasons why a provider delayed the transaction, by backend: each provider may do so once, however many events there are. */
  readonly tooLate = new Map<string, string>();
  /** Work that the transaction's end waits for. */
  readonly work = new OneAtATime();
  private now = 0;
  private savepoints: Savepoint[] = [];
  private steps: Step[] = [];
  private kept: KeptEvent[] = [];

  /** Returns the state of a connection's current transaction, and makes it if needed. */
  static of(runner: TransactionRunner): OpenTransaction {
    const transaction = open.get(runner) ?? new OpenTransaction();
    open.set(runner, transaction);
    return transaction;
  }

  /** Returns the state of the transaction if it has any events. */
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

  /** The kept events that are not written yet and whose providers are known. */
  get unwritten(): readonly KeptEvent[] {
    return this.kept.filter(({ writtenAt, joining }) => writtenAt === undefined && joining !== undefined);
  }

  get isKeeping(): boolean {
    return this.kept.some(({ writtenAt }) => writtenAt === undefined);
  }

  /** Writes the events that are not written yet. */
  async writeKept(withCommit?: SendWithCommit): Promise<void> {
    const { unwritten } = this;
    const writers = new Set(unwritten.map(({ write }) => write));
    const backends = new Set(unwritten.flatMap(({ joining = [] }) => [...joining]));
    const isOne = writers.size === 1 && backends.size === 1; // then one statement goes with the COMMIT
    for (const writer of writers) {
      const own = unwritten.filter(({ write }) => write === writer);
      await writer(own, isOne ? withCommit : undefined);
    }
  }

  beginSavepoint(name?: string, at = this.tick()): void {
    this.savepoints.push({ name, at });
  }

  /** Releases a savepoint and those after it. An unknown one was made before the first event. */
  releaseSavepoint(name?: string): void {
    this.isClosing = false;
    this.savepoints = this.savepoints.slice(0, Math.max(this.indexOf(name), 0));
  }

  /** Undoes the steps from the savepoint `until` the one that rolls back to it. Older events written in between are written again. */
  rollBackToSavepoint(name: string | undefined, until: number): void {
    this.isClosing = false;
    const index = this.indexOf(name);
    const from = this.savepoints[index]?.at ?? 0;
    // The savepoint still exists, but a nested transaction is over.
    this.savepoints = this.savepoints.slice(0, index + (isNested(name) ? 0 : 1));
    const isLeft = ({ at }: { readonly at: number }): boolean => at < from || at > until;
    this.steps = this.steps.filter(isLeft);
    this.kept = this.kept.filter(isLeft);
    for (const kept of this.kept) if ((kept.writtenAt ?? 0) > from) kept.writtenAt = undefined;
  }

  /** Forgets everything, after a ROLLBACK of the whole transaction that the caller sent as a text. */
  forget(): void {
    this.isUndone = true;
    this.savepoints = [];
    this.steps = [];
    this.kept = [];
  }

  /** Closes it before a commit or a rollback, even one of a savepoint: waits for work in progress, and lets nothing more join. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.work.settled();
  }

  /** Closes it before a commit. @throws AuditUnavailableError (`AUDIT_UNAVAILABLE`) for an event that had to be stored and was not */
  async closeToCommit(): Promise<void> {
    await this.close();
    const nested = this.savepoints.findLast(({ name }) => isNested(name));
    const failed = this.steps.find(({ at, failure }) => failure && at > (nested?.at ?? 0));
    if (failed?.failure) throw failed.failure;
  }

  /** Ends the transaction. Once committed, its deliveries begin, in the order of the calls. */
  end(runner: object, isCommitted: boolean): void {
    open.delete(runner);
    this.isUndone = !isCommitted;
    if (isCommitted) this.delivered = deliverAll(this.steps.flatMap(({ deliver }) => (deliver ? [deliver()] : [])));
  }

  private indexOf(name: string | undefined): number {
    if (name === undefined) return this.savepoints.length - 1;
    return this.savepoints.findLastIndex((each) => each.name === name);
  }
}

/** Waits for all deliveries, whatever their results are. */
async function deliverAll(deliveries: readonly Promise<unknown>[]): Promise<void> {
  for (const done of await Promise.allSettled(deliveries)) {
    if (done.status === 'fulfilled') continue;
    const { reason: error } = done as { readonly reason: unknown };
    throw error instanceof AuditUnavailableError ? new AuditOutcomeLostError(error.eventType, { cause: error }) : error;
  }
}

function isNested(name: string | undefined): boolean {
  return name === undefined || NESTED.test(name);
}
