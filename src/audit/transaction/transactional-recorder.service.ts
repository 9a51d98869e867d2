import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { currentScope } from '../context/audit-context.js';
import { noteTransactionEnd } from '../context/audit-scope.js';
import { AuditDispatcher } from '../delivery/audit-dispatcher.service.js';
import { makeReceipt, meetsClosedPolicy, type AuditReceipt, type DeliveryResult } from '../delivery/receipt.js';
import { throwTimeout, withTimeout } from '../../base/with-timeout.js';
import { errorMessage, hasCode } from '../../base/errors/error-facts.js';
import { catchClient, type CaughtClient } from '../row-context/catch-client.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/provider-discovery.service.js';
import { eventBytes } from '../event/event-bytes.js';
import { findDataSources } from './find-data-sources.js';
import type { JoinableTransaction } from './choose-transaction.js';
import type { ClientTransaction } from './clients/client-transaction.js';
import { followClient, followManager } from './follow-client.js';
import { OpenTransaction, type KeptEvent, type SendWithCommit, type WriteKept } from './open-transaction.js';
import type { BegunTransaction, OpenManager, TransactionManager } from './transaction-manager.js';
import { followEndsOf, watchDataSource } from './watch-data-source.js';
import { auditErrors } from '../errors/audit.errors.js';
import { httpErrors } from '../errors/http.errors.js';

/** An error after this share of `providerTimeoutMs` counts as late: a provider's time-out for a lock may be shorter. */
const LATE_SHARE = 0.5;

const MAX_KEPT_EVENTS = 500;
const MAX_KEPT_BYTES = 1024 * 1024;

/** Records events in transactions: before the commit by providers that can write in a transaction, otherwise after the commit. */
@Injectable()
export class TransactionalRecorder implements OnModuleInit {
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
   * Records an event in a transaction. A provider that can write in the transaction writes the event before the commit. With
   * `closedAttempt`, it writes the event before this method resolves. All other providers get the event after the commit, and never after a
   * rollback.
   * @param closedAttempt makes the `attempted` event for the policy `closed`. The `attempted` event is stored before the commit if the
   *   event itself can only be stored after the commit. If that later write fails, the caller of the commit gets `AUDIT_OUTCOME_LOST`.
   * @throws `AUDIT_UNAVAILABLE`. The commit then rejects with the same error.
   */
  record(
    event: AuditEvent,
    manager: JoinableTransaction,
    closedAttempt: (() => AuditEvent) | undefined,
  ): Promise<AuditReceipt> {
    if ('client' in manager) {
      const begun = currentScope()?.begun;
      const own = begun?.ended === false && begun.handle === manager.handle ? begun : undefined;
      const recording = this.recordByClient(event, manager, { isClosed: closedAttempt !== undefined, begun: own });
      own?.writes.push(recording);
      return recording;
    }
    followEndsOf(manager);
    const transaction = OpenTransaction.of(manager.queryRunner);
    const isFollowed = followManager(manager, transaction);
    const at = transaction.tick();
    if (isFollowed && !closedAttempt) return this.keep(event, manager, transaction, at);
    return transaction.work.run(async () => {
      const results = await this.resultsOf(event, transaction.tooLate, (provider) =>
        this.join(provider, [event], manager, transaction.tooLate),
      );
      const { providers } = this.dispatcher;
      const isStillClosed = closedAttempt !== undefined && !meetsClosedPolicy(providers, results, isJoined);
      if (closedAttempt) {
        try {
          if (!meetsClosedPolicy(providers, results, isKept)) throw httpErrors.AUDIT_UNAVAILABLE(event.type);
          if (isStillClosed) {
            await this.dispatcher.dispatch(closedAttempt(), { isClosed: true });
          }
        } catch (error) {
          const unavailable = hasCode(error, 'AUDIT_UNAVAILABLE') ? error : httpErrors.AUDIT_UNAVAILABLE(event.type);
          transaction.note({ at, failure: unavailable });
          noteTransactionEnd(currentScope(), { undoneBy: unavailable });
          throw unavailable;
        }
      }
      const isFor = ({ backend }: RegisteredProvider): boolean => results[backend]?.status !== 'joined';
      const deliver = () => this.dispatcher.dispatch(event, { isClosed: isStillClosed, isFor });
      transaction.note({ at, deliver });
      return makeReceipt(event.id, results);
    });
  }

  /**
   * Records an event in the transaction of a client that reports no COMMIT. It is written at once. On a connection of pg itself or of
   * `auditedPg`, and in a transaction that the option `transactions` began, this library sees the COMMIT, and the other providers get the
   * event afterwards. Otherwise, the caller delivers the event to them.
   */
  private async recordByClient(
    event: AuditEvent,
    given: ClientTransaction,
    { isClosed, begun }: { readonly isClosed: boolean; readonly begun: BegunTransaction | undefined },
  ): Promise<AuditReceipt> {
    const { providers } = this.dispatcher;
    const late = new Map<string, string>();
    const own = followClient(given.connected); // before the write, so that a COMMIT or a ROLLBACK waits for the write
    const at = own?.tick();
    const caught: CaughtClient = {};
    const watched: ClientTransaction = {
      ...given,
      query: (text, values) => catchClient(caught, () => given.query(text, values)),
    };
    const write = () => this.resultsOf(event, late, (provider) => this.join(provider, [event], watched, late));
    const results = await (own ? own.writeFirst(write) : write());
    if (isClosed && !meetsClosedPolicy(providers, results, isJoined)) throw httpErrors.AUDIT_UNAVAILABLE(event.type);
    const isFor = ({ backend }: RegisteredProvider): boolean => results[backend]?.status === 'deferred';
    const deliver = () => this.dispatcher.dispatch(event, { isClosed: false, isFor });
    if (!own && caught.isAsked !== true && providers.some(isFor))
      await catchClient(caught, () => given.query('SELECT 1')).catch(() => undefined); // finds the connection
    const open = providers.some(isFor) ? (own ?? followClient(caught.client)) : undefined;
    if (open) open.note({ at: at ?? open.tick(), deliver });
    else if (providers.some(isFor)) begun?.deliveries.push(deliver);
    if (open || begun || !providers.some(isFor)) return makeReceipt(event.id, results);
    const problems = providers.flatMap((provider) =>
      provider.required && isFor(provider) ? [`${provider.backend} ${whyDeferred(results[provider.backend])}`] : [],
    );
    if (problems.length > 0) throw auditErrors.AUDIT_TRANSACTION_UNSEEN(event.type, given.client, problems);
    const left = Object.entries(results).map(([backend, result]) => [
      backend,
      result.status === 'deferred' ? { ...result, status: 'left' as const } : result,
    ]);
    return { ...makeReceipt(event.id, Object.fromEntries(left) as Record<string, DeliveryResult>), deliver }; // entries of such a record
  }

  /** The number of events written in transactions since the start, by backend. Includes rolled-back events. */
  get joined(): ReadonlyMap<string, number> {
    return this.joinedEvents;
  }

  /** The event's step gets its number before the method returns, so that a later savepoint gets a higher number. */
  private keep(
    event: AuditEvent,
    manager: OpenManager,
    transaction: OpenTransaction,
    at: number,
  ): Promise<AuditReceipt> {
    const kept: KeptEvent = { event, at, manager, write: this.write, joined: new Set() };
    const isFor = ({ backend }: RegisteredProvider): boolean => !kept.joined.has(backend);
    const deliver = () => this.dispatcher.dispatch(event, { isClosed: false, isFor });
    transaction.keep(kept);
    transaction.note({ at, deliver });
    return transaction.work.run(async () => {
      const results = await this.resultsOf(event, transaction.tooLate, async ({ instance }) =>
        instance.canRecordInTransaction
          ? this.resultOf(async () => instance.canRecordInTransaction?.(manager))
          : { status: 'joined' },
      );
      kept.joining = new Set(Object.keys(results).filter((backend) => results[backend]?.status === 'joined'));
      if (isFull(transaction.unwritten)) await transaction.writeKept();
      return makeReceipt(event.id, results);
    });
  }

  private readonly write: WriteKept = async (all, withCommit) => {
    const [first] = all;
    if (!first) return;
    const transaction = OpenTransaction.of(first.manager.queryRunner);
    for (const kept of all) kept.writtenAt = transaction.tick();
    for (const provider of this.dispatcher.providers) {
      const { backend } = provider;
      const mine = all.filter(({ joining }) => joining?.has(backend));
      if (mine.length === 0) continue;
      const batch = mine.map(({ event }) => event);
      const { status } = await this.join(provider, batch, first.manager, transaction.tooLate, withCommit);
      for (const { joined } of mine) {
        if (status === 'joined') joined.add(backend);
        else joined.delete(backend);
      }
    }
  };

  private async resultsOf(
    event: AuditEvent,
    tooLate: ReadonlyMap<string, string>,
    join: (provider: RegisteredProvider) => Promise<DeliveryResult>,
  ): Promise<Record<string, DeliveryResult>> {
    const results: Record<string, DeliveryResult> = {};
    for (const provider of this.dispatcher.providers) {
      const { instance, backend, wants } = provider;
      const late = tooLate.get(backend);
      if (!wants(event)) results[backend] = { status: 'skipped', why: 'category' };
      else if (!instance.recordInTransaction) results[backend] = { status: 'deferred' };
      else if (late === undefined) results[backend] = await join(provider);
      else results[backend] = { status: 'deferred', error: `not retried in this transaction: ${late}` };
    }
    return results;
  }

  private async resultOf(call: () => Promise<unknown>): Promise<ResultInTransaction> {
    const { providerTimeoutMs } = this.options;
    try {
      const joins = await withTimeout(providerTimeoutMs, call(), () => throwTimeout(providerTimeoutMs));
      return { status: joins === true ? 'joined' : 'deferred' };
    } catch (error) {
      if (hasCode(error, 'AUDIT_TRANSACTION_MISSING')) throw error; // the server decides whether the transaction is open
      return { status: 'deferred', error: errorMessage(error) };
    }
  }

  private async join(
    { instance, backend }: RegisteredProvider,
    batch: readonly AuditEvent[],
    manager: TransactionManager,
    tooLate: Map<string, string>,
    withCommit?: SendWithCommit,
  ): Promise<DeliveryResult> {
    const startedAt = performance.now();
    const scope = { backend, ...(withCommit && { withCommit }) };
    const result = await this.resultOf(async () => instance.recordInTransaction?.(batch, manager, scope));
    const isLate = performance.now() - startedAt >= this.options.providerTimeoutMs * LATE_SHARE;
    if (result.status === 'joined') {
      this.joinedEvents.set(backend, (this.joinedEvents.get(backend) ?? 0) + batch.length);
    } else if (result.error !== undefined && isLate) {
      tooLate.set(backend, result.error);
    }
    return result;
  }
}

type ResultInTransaction = Extract<DeliveryResult, { readonly status: 'joined' | 'deferred' }>;

function isFull(unwritten: readonly KeptEvent[]): boolean {
  if (unwritten.length >= MAX_KEPT_EVENTS) return true;
  let bytes = 0;
  for (const { event } of unwritten) bytes += eventBytes(event);
  return bytes >= MAX_KEPT_BYTES;
}

function isKept(result: DeliveryResult): boolean {
  return result.status !== 'deferred' || result.error === undefined;
}

function whyDeferred(result: DeliveryResult | undefined): string {
  const error = result?.status === 'deferred' ? result.error : undefined;
  return error === undefined ? 'cannot write in it' : `did not write in it (${error})`;
}

function isJoined({ status }: DeliveryResult): boolean {
  return status === 'joined';
}
