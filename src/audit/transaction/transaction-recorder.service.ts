import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { AuditDispatcher } from '../delivery/audit-dispatcher.service.js';
import { meetsClosedPolicy } from '../delivery/closed-policy.js';
import { makeReceipt, type AuditReceipt, type DeliveryResult } from '../delivery/receipt.js';
import { noAnswer, withTimeout } from '../delivery/with-timeout.js';
import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import { errorMessage } from '../errors/error-facts.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/registered-provider.js';
import { eventBytes } from '../event/event-bytes.js';
import { followClient } from './follow-client.js';
import { writeKept, type KeptEvent, type SendWithCommit, type WriteKept } from './kept-event.js';
import { OpenTransaction } from './open-transaction.js';
import type { OpenManager } from './transaction-manager.js';
import { followEndsOf } from './watch-data-source.js';

/** The share of the time-out after which a provider is late: its own limit for a lock is a little shorter than the time-out. */
const LATE_SHARE = 0.5;

/** How many events of a transaction are kept in memory. */
const MAX_KEPT_EVENTS = 500;
const MAX_KEPT_BYTES = 1024 * 1024;

/** Records events in transactions: before the commit with the providers that can write in one, after it with the others. */
@Injectable()
export class TransactionRecorder {
  private readonly joinedEvents = new Map<string, number>();
  private readonly writers = new WeakMap<OpenTransaction, WriteKept>();

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(AuditDispatcher) private readonly dispatcher: AuditDispatcher,
  ) {}

  /**
   * Has the event written in the transaction by the providers that can write there: before its commit, together with its other events. An
   * event that has to be stored is written when this resolves. Providers that cannot write there, or that failed, get it after the commit,
   * and never after a rollback.
   *
   * @param closedAttempt given if nothing may be committed unaudited: makes the `attempted` event, which is stored before the commit if
   *   the event itself can only be stored after it
   * @throws AuditUnavailableError (`AUDIT_UNAVAILABLE`); the commit then rejects with it, too. If the event can only be stored after the
   *   commit, and that fails, the commit's caller gets an AuditOutcomeLostError (`AUDIT_OUTCOME_LOST`)
   */
  record(
    event: AuditEvent,
    manager: OpenManager,
    closedAttempt: (() => AuditEvent) | undefined,
  ): Promise<AuditReceipt> {
    followEndsOf(manager);
    const transaction = OpenTransaction.of(manager.queryRunner);
    const isFollowed = followClient(manager, transaction);
    const at = transaction.tick();
    if (isFollowed && !closedAttempt) return this.keep(event, manager, transaction, at);
    return transaction.run(async () => {
      const { providers } = this.dispatcher;
      const results: Record<string, DeliveryResult> = {};
      for (const provider of providers) {
        results[provider.backend] =
          this.whyNot(provider, event, transaction) ?? (await this.join(provider, [event], manager, transaction));
      }
      const isStillClosed = closedAttempt !== undefined && !meetsClosedPolicy(providers, results, isJoined);
      if (closedAttempt) {
        try {
          if (!meetsClosedPolicy(providers, results, isKept)) throw new AuditUnavailableError(event.type);
          if (isStillClosed) {
            await this.dispatcher.dispatch(closedAttempt(), { waits: true, isClosed: true });
          }
        } catch (error) {
          const unavailable = error instanceof AuditUnavailableError ? error : new AuditUnavailableError(event.type);
          transaction.failAtCommit(at, unavailable);
          throw unavailable;
        }
      }
      const isLeft = ({ backend }: RegisteredProvider): boolean => results[backend]?.status !== 'joined';
      transaction.deliverLater(at, () =>
        this.dispatcher.dispatch(event, { waits: true, isClosed: isStillClosed, isFor: isLeft }),
      );
      return makeReceipt(event.id, results);
    });
  }

  /** How many events were written in transactions since the start, by backend; some may have been rolled back. */
  get joined(): ReadonlyMap<string, number> {
    return this.joinedEvents;
  }

  /** Keeps an event; noted synchronously, so that a savepoint that the caller makes next comes after it. */
  private keep(
    event: AuditEvent,
    manager: OpenManager,
    transaction: OpenTransaction,
    at: number,
  ): Promise<AuditReceipt> {
    const write = this.writerIn(transaction, manager);
    const kept: KeptEvent = { event, at, write, joined: new Set() };
    transaction.keep(kept);
    const isLeft = ({ backend }: RegisteredProvider): boolean => !kept.joined.has(backend);
    transaction.deliverLater(at, () =>
      this.dispatcher.dispatch(event, { waits: true, isClosed: false, isFor: isLeft }),
    );
    return transaction.run(async () => {
      const results: Record<string, DeliveryResult> = {};
      const joining = new Set<string>();
      for (const provider of this.dispatcher.providers) {
        const { backend } = provider;
        const result = this.whyNot(provider, event, transaction) ?? (await this.canJoin(provider, manager));
        results[backend] = result;
        if (result.status === 'joined') joining.add(backend);
      }
      kept.joining = joining;
      if (isFull(transaction.unwritten)) await writeKept(transaction.unwritten);
      return makeReceipt(event.id, results);
    });
  }

  /** Returns the transaction's writer; there is one for each transaction. */
  private writerIn(transaction: OpenTransaction, manager: OpenManager): WriteKept {
    const made = this.writers.get(transaction);
    if (made) return made;
    const write: WriteKept = async (all, withCommit) => {
      for (const kept of all) kept.writtenAt = transaction.tick();
      for (const provider of this.dispatcher.providers) {
        const { backend } = provider;
        const mine = all.filter(({ joining }) => joining?.has(backend));
        if (mine.length === 0) continue;
        const batch = mine.map(({ event }) => event);
        const { status } = await this.join(provider, batch, manager, transaction, withCommit);
        for (const { joined } of mine) {
          if (status === 'joined') joined.add(backend);
          else joined.delete(backend);
        }
      }
    };
    this.writers.set(transaction, write);
    return write;
  }

  /** Returns why a provider does not write an event in a transaction, as far as that is known without asking it. */
  private whyNot(
    { instance, backend, wants }: RegisteredProvider,
    event: AuditEvent,
    transaction: OpenTransaction,
  ): DeliveryResult | undefined {
    if (!wants(event)) return { status: 'skipped', why: 'category' };
    if (!instance.recordInTransaction) return { status: 'deferred' };
    const tooLate = transaction.tooLate.get(backend);
    return tooLate === undefined
      ? undefined
      : { status: 'deferred', error: `not tried again in this transaction: ${tooLate}` };
  }

  private async canJoin({ instance }: RegisteredProvider, manager: OpenManager): Promise<DeliveryResult> {
    if (!instance.canRecordInTransaction) return { status: 'joined' };
    try {
      const answer = instance.canRecordInTransaction(manager);
      const can: unknown = await this.inTime(answer);
      return { status: can === true ? 'joined' : 'deferred' };
    } catch (error) {
      return { status: 'deferred', error: errorMessage(error) };
    }
  }

  private async inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const { providerTimeoutMs } = this.options;
    return withTimeout(providerTimeoutMs, answer, () => noAnswer(providerTimeoutMs));
  }

  private async join(
    { instance, backend }: RegisteredProvider,
    batch: readonly AuditEvent[],
    manager: OpenManager,
    transaction: OpenTransaction,
    withCommit?: SendWithCommit,
  ): Promise<DeliveryResult> {
    if (!instance.recordInTransaction) return { status: 'deferred' };
    const startedAt = performance.now();
    try {
      const answer = instance.recordInTransaction(batch, manager, { backend, ...(withCommit && { withCommit }) });
      const joined: unknown = await this.inTime(answer);
      if (joined !== true) return { status: 'deferred' };
      this.joinedEvents.set(backend, (this.joinedEvents.get(backend) ?? 0) + batch.length);
      return { status: 'joined' };
    } catch (error) {
      const isLate = performance.now() - startedAt >= this.options.providerTimeoutMs * LATE_SHARE;
      if (isLate) transaction.tooLate.set(backend, errorMessage(error));
      return { status: 'deferred', error: errorMessage(error) };
    }
  }
}

/** Whether so many events wait for the commit that some are written before it. */
function isFull(unwritten: readonly KeptEvent[]): boolean {
  if (unwritten.length >= MAX_KEPT_EVENTS) return true;
  let bytes = 0;
  for (const { event } of unwritten) bytes += eventBytes(event);
  return bytes >= MAX_KEPT_BYTES;
}

/** Whether the provider did not fail: it has the event in the transaction, or gets it after the commit. */
function isKept(result: DeliveryResult): boolean {
  return result.status !== 'deferred' || result.error === undefined;
}

/** Whether the commit stores the event. */
function isJoined({ status }: DeliveryResult): boolean {
  return status === 'joined';
}
