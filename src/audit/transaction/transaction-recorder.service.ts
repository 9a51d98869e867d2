import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { answerWithin } from '../delivery/answer-within.js';
import { AuditDispatcher } from '../delivery/audit-dispatcher.service.js';
import { meetsClosedPolicy } from '../delivery/closed-policy.js';
import { makeReceipt, type AuditReceipt, type DeliveryResult } from '../delivery/receipt.js';
import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import { errorMessage } from '../errors/error-facts.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/registered-provider.js';
import { OpenTransaction } from './open-transaction.js';
import type { OpenManager } from './transaction-manager.js';
import { followEndsOf } from './watch-data-source.js';

/** A provider's own limit for a lock is a little less than the time-out. */
const LATE_SHARE = 0.5;

/** Records events in transactions: with those providers that can write in one, and after the commit with the others. */
@Injectable()
export class TransactionRecorder {
  private readonly joinedEvents = new Map<string, number>();

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(AuditDispatcher) private readonly dispatcher: AuditDispatcher,
  ) {}

  /**
   * Resolves when the event is written in the transaction by the providers that can. Those that cannot, or that failed, get
   * it after the commit; none does after a rollback.
   *
   * @param closedAttempt there if nothing may be committed unaudited: makes the `attempted` event, which is stored before
   *   the commit where the event itself only can be after it
   * @throws AuditUnavailableError (`AUDIT_UNAVAILABLE`): then the commit rejects with it, too
   */
  record(
    event: AuditEvent,
    manager: OpenManager,
    closedAttempt: (() => AuditEvent) | undefined,
  ): Promise<AuditReceipt> {
    followEndsOf(manager);
    const transaction = OpenTransaction.of(manager.queryRunner);
    return transaction.run(async (level) => {
      const { providers } = this.dispatcher;
      const results: Record<string, DeliveryResult> = {};
      for (const provider of providers) {
        results[provider.backend] = await this.join(provider, event, manager, transaction);
      }
      if (closedAttempt) {
        try {
          if (!meetsClosedPolicy(providers, results, isKept)) throw new AuditUnavailableError(event.type);
          if (!meetsClosedPolicy(providers, results, isJoined)) {
            await this.dispatcher.dispatch(closedAttempt(), { waits: true, isClosed: true });
          }
        } catch (error) {
          const unavailable = error instanceof AuditUnavailableError ? error : new AuditUnavailableError(event.type);
          transaction.failAtCommit(level, unavailable);
          throw unavailable;
        }
      }
      const isLeft = ({ backend }: RegisteredProvider): boolean => results[backend]?.status !== 'joined';
      transaction.deliverLater(level, () =>
        this.dispatcher.dispatch(event, { waits: true, isClosed: false, isFor: isLeft }),
      );
      return makeReceipt(event.id, results);
    });
  }

  /** How many events were written in transactions since the start, by backend: some may have been rolled back. */
  get joined(): ReadonlyMap<string, number> {
    return this.joinedEvents;
  }

  private async join(
    provider: RegisteredProvider,
    event: AuditEvent,
    manager: OpenManager,
    transaction: OpenTransaction,
  ): Promise<DeliveryResult> {
    const { instance, backend } = provider;
    if (!provider.wants(event)) return { status: 'skipped', why: 'category' };
    if (!instance.recordInTransaction) return { status: 'deferred' };
    const tooLate = transaction.tooLate.get(backend);
    if (tooLate !== undefined) return { status: 'deferred', error: `not tried again in this transaction: ${tooLate}` };
    const startedAt = performance.now();
    try {
      const answer = instance.recordInTransaction([event], manager, { backend });
      const joined: unknown = await answerWithin(this.options.providerTimeoutMs, answer);
      if (joined !== true) return { status: 'deferred' };
      this.joinedEvents.set(backend, (this.joinedEvents.get(backend) ?? 0) + 1);
      return { status: 'joined' };
    } catch (error) {
      const isLate = performance.now() - startedAt >= this.options.providerTimeoutMs * LATE_SHARE;
      if (isLate) transaction.tooLate.set(backend, errorMessage(error));
      return { status: 'deferred', error: errorMessage(error) };
    }
  }
}

/** It did not fail: it has the event in the transaction, or gets it after the commit. */
function isKept(result: DeliveryResult): boolean {
  return result.status !== 'deferred' || result.error === undefined;
}

/** The commit stores the event with it. */
function isJoined({ status }: DeliveryResult): boolean {
  return status === 'joined';
}
