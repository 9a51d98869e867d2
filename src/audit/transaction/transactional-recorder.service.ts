import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { getCurrentScope } from '../context/audit-context.js';
import { noteTransactionEnd } from '../context/audit-scope.js';
import { AuditDispatcher } from '../delivery/audit-dispatcher.service.js';
import { makeReceipt, satisfiesClosedPolicy, type AuditReceipt, type DeliveryResult } from '../delivery/receipt.js';
import { getErrorMessage, hasCode } from '../../base/errors/error-facts.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/provider-discovery.service.js';
import { findDataSources } from './find-data-sources.js';
import type { JoinableTransaction } from './choose-transaction.js';
import { ObservedTransaction, type AfterCommit } from './observed-transaction.js';
import { watchTransactionEnd, watchDataSource } from './watch-data-source.js';
import { auditErrors } from '../errors/audit.errors.js';
import { httpErrors } from '../errors/http.errors.js';

/** An error after this share of `providerTimeoutMs` counts as late: a provider's time-out for a lock may be shorter. */
const SLOW_SHARE = 0.5;

type Results = Record<string, DeliveryResult>;

/** Records events in transactions: at once by providers that can write in a transaction, otherwise after the commit. */
@Injectable()
export class TransactionalRecorder implements OnModuleInit {
  private readonly logger = new Logger('AuditModule');
  private readonly joinedEvents = new Map<string, number>();

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(AuditDispatcher) private readonly dispatcher: AuditDispatcher,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** Watches the application's TypeORM data sources. Runs when all instances exist, before other modules' `onModuleInit`. */
  onModuleInit(): void {
    for (const source of findDataSources(this.modules).keys()) watchDataSource(source);
  }

  /**
   * Records an event in a transaction. A provider that can write in the transaction writes the event before this method resolves. If this
   * library sees the commit, all other providers get the event after the commit, and never after a rollback. Otherwise, the caller delivers
   * the event to them.
   *
   * @param closedAttempt makes the `attempted` event for the policy `closed`. The `attempted` event is stored before the commit if the
   *   event itself can only be stored after the commit. If that later write fails, the caller of the commit gets `AUDIT_OUTCOME_LOST`.
   * @throws `AUDIT_UNAVAILABLE`, only with `closedAttempt`. The commit then fails, too.
   * @throws `AUDIT_TRANSACTION_UNTRACKED` if a required provider cannot write in the transaction, and this library does not see its commit
   */
  record(
    event: AuditEvent,
    transaction: JoinableTransaction,
    closedAttempt: (() => AuditEvent) | undefined,
  ): Promise<AuditReceipt> {
    const isOfClient = 'client' in transaction;
    if (!isOfClient) watchTransactionEnd(transaction);
    const seen = ObservedTransaction.of(isOfClient ? transaction.handle : transaction.queryRunner);
    return seen
      ? seen.call((after) => this.recordObserved(event, transaction, closedAttempt, seen, after))
      : this.recordUnobserved(event, transaction, closedAttempt !== undefined);
  }

  /** The number of events written in transactions since the start, by backend. Includes rolled-back events. */
  get joined(): ReadonlyMap<string, number> {
    return this.joinedEvents;
  }

  private async recordObserved(
    event: AuditEvent,
    transaction: JoinableTransaction,
    closedAttempt: (() => AuditEvent) | undefined,
    seen: ObservedTransaction,
    after: AfterCommit,
  ): Promise<AuditReceipt> {
    const results = await this.write(event, transaction, closedAttempt !== undefined, seen.tooLate);
    const { providers } = this.dispatcher;
    const isStillClosed = closedAttempt !== undefined && !satisfiesClosedPolicy(providers, results, isJoined);
    if (closedAttempt) {
      try {
        if (!satisfiesClosedPolicy(providers, results, isRecorded)) throw httpErrors.AUDIT_UNAVAILABLE(event.type);
        if (isStillClosed) await this.dispatcher.dispatch(closedAttempt(), { isClosed: true });
      } catch (error) {
        const unavailable = hasCode(error, 'AUDIT_UNAVAILABLE') ? error : httpErrors.AUDIT_UNAVAILABLE(event.type);
        seen.fail(unavailable);
        noteTransactionEnd(getCurrentScope(), { undoneBy: unavailable });
        throw unavailable;
      }
    }
    const selectsBackend = ({ backend }: RegisteredProvider): boolean => results[backend]?.status === 'deferred';
    if (providers.some(selectsBackend))
      after.deliver = () => this.dispatcher.dispatch(event, { isClosed: isStillClosed, selectsBackend });
    return makeReceipt(event.id, results);
  }

  private async recordUnobserved(
    event: AuditEvent,
    transaction: JoinableTransaction,
    isClosed: boolean,
  ): Promise<AuditReceipt> {
    const results = await this.write(event, transaction, isClosed);
    const { providers } = this.dispatcher;
    for (const { backend, required } of providers) {
      const result = results[backend];
      if (result?.status !== 'deferred') continue;
      const { error } = result;
      if (error === undefined && required) throw auditErrors.AUDIT_TRANSACTION_UNTRACKED(event.type, backend);
      results[backend] = error === undefined ? { status: 'pending' } : { status: 'failed', error };
      if (error !== undefined && !isClosed) {
        this.logger.error(
          `Cannot record the event ${event.id} (${event.type}) in its transaction: ${backend} did not write it (${error}). If the transaction commits, ${backend} lacks the event.`,
        );
      }
    }
    if (isClosed && !satisfiesClosedPolicy(providers, results, isJoined)) {
      const unavailable = httpErrors.AUDIT_UNAVAILABLE(event.type);
      noteTransactionEnd(getCurrentScope(), { undoneBy: unavailable }); // the database has aborted it
      throw unavailable;
    }
    const receipt = makeReceipt(event.id, results);
    const selectsBackend = ({ backend }: RegisteredProvider): boolean => results[backend]?.status === 'pending';
    if (!providers.some(selectsBackend)) return receipt;
    return { ...receipt, deliver: () => this.dispatcher.dispatch(event, { isClosed: false, selectsBackend }) };
  }

  /** Lets each provider that can write the event in the transaction do so; all others are `deferred`. */
  private async write(
    event: AuditEvent,
    transaction: JoinableTransaction,
    isClosed: boolean,
    tooLate = new Map<string, string>(),
  ): Promise<Results> {
    const results: Results = {};
    for (const { wants, instance, backend } of this.dispatcher.providers) {
      const late = tooLate.get(backend);
      if (!wants(event)) results[backend] = { status: 'skipped', reason: 'category' };
      else if (!instance.recordInTransaction) results[backend] = { status: 'deferred' };
      else if (late !== undefined) {
        results[backend] = { status: 'deferred', error: `not retried in this transaction: ${late}` };
      } else {
        const startedAt = performance.now();
        const result = await toRecordResult(instance.recordInTransaction([event], transaction, { backend, isClosed }));
        results[backend] = result;
        if (result.status === 'joined') this.joinedEvents.set(backend, (this.joinedEvents.get(backend) ?? 0) + 1);
        else if (
          result.error !== undefined &&
          performance.now() - startedAt >= this.options.providerTimeoutMs * SLOW_SHARE
        )
          tooLate.set(backend, result.error);
      }
    }
    return results;
  }
}

type ResultInTransaction = Extract<DeliveryResult, { readonly status: 'joined' | 'deferred' }>;

/** Has no time-out: the statement may wait for others of its connection, and is stored with them later. */
async function toRecordResult(written: Promise<boolean>): Promise<ResultInTransaction> {
  try {
    return { status: (await written) ? 'joined' : 'deferred' };
  } catch (error) {
    if (hasCode(error, 'AUDIT_TRANSACTION_MISSING')) throw error; // the server decides whether the transaction is open
    return { status: 'deferred', error: getErrorMessage(error) };
  }
}

function isRecorded(result: DeliveryResult): boolean {
  return result.status !== 'deferred' || result.error === undefined;
}

function isJoined({ status }: DeliveryResult): boolean {
  return status === 'joined';
}
