import { DiscoveryService } from '@nestjs/core';
import type { AuditEvent, JsonObject } from '../event/audit-event.js';
import type { TransactionManager, TransactionScope } from '../transaction/transaction-manager.js';

/** The options of `@AuditProvider`. */
export interface AuditProviderOptions {
  /** The short name of the provider, `^[a-z][a-z0-9-]{0,62}$`; unique in the application. Default: the class name in kebab case. */
  readonly backend?: string;
  /** The categories of events that the provider gets. Default: all. */
  readonly categories?: readonly string[];
  /** Whether the response waits for the provider. @defaultValue true */
  readonly awaited?: boolean;
  /** Whether, with `onFailure: 'closed'`, an operation fails if this provider cannot store its event. @defaultValue false */
  readonly required?: boolean;
  /**
   * How many batches the provider stores at once: 1 or 2. With 2, a second full batch is sent while the first is in flight, so the
   * two may be stored in any order. @defaultValue 1
   */
  readonly maxBatchesInFlight?: 1 | 2;
}

/** The facts that come with a batch. */
export interface ProviderScope {
  readonly backend: string;
  /** Aborted at the time-out: later results of the provider are ignored. */
  readonly signal: AbortSignal;
  /** How many times this batch was offered before: 0 the first time. */
  readonly attempt: number;
}

/** A person whose data is to be erased or shown: an id, and other texts by which events may identify the person. */
export interface AuditSubject {
  /** The id in events: of an actor, or of a resource of type `user`. */
  readonly id: string;
  /** E-mail addresses, user names and similar texts. */
  readonly identifiers?: readonly string[];
}

/** A recipient of events; a module registers it. */
export interface AuditProvider {
  /**
   * Stores a batch; resolves when every event of it is stored. After a failure or a time-out it is called again with the same ids, so it
   * must be idempotent by event id. If it rejects, no event of the batch counts as stored: the batch is offered again, then in parts, then
   * kept in the spill. Reject with UnstorableEventsError if the events are at fault, not the store. Resolve with `false` for "not logged",
   * which counts as a rejection. Resolve with `'accepted'` if a durable queue in front of the store has every event of the batch, and the
   * store gets them from there: the receipts then say `accepted`.
   */
  record(batch: readonly AuditEvent[], scope: ProviderScope): Promise<unknown>;

  /**
   * Writes the batch in the caller's transaction, with the caller's manager: the commit stores it, a rollback undoes it. Called before the
   * commit, if possible with all events of the transaction. Resolves with true when the batch is written, with false if the provider's
   * store is not in the manager's database: the batch then comes to {@link record} after the commit, as after a rejection.
   *
   * If it rejects, it must leave the transaction as it was. No answer within `providerTimeoutMs` counts as a rejection, so it must be
   * idempotent by event id.
   */
  recordInTransaction?(
    batch: readonly AuditEvent[],
    manager: TransactionManager,
    scope: TransactionScope,
  ): Promise<boolean>;

  /**
   * Whether the provider can write in the manager's transaction; called for each event while the transaction is open. It must not fail a
   * statement of that transaction. Without this method, a provider with {@link recordInTransaction} always can.
   */
  canRecordInTransaction?(manager: TransactionManager): Promise<boolean>;

  /**
   * Returns facts about the provider's store for health checks. It rejects if the store cannot be reached or has another problem, with the
   * remedy; a text under `problem` reports the same, and the other facts are shown beside it.
   */
  check?(): Promise<JsonObject>;

  /**
   * Changes the provider's data so that it reveals nothing about the person any more. Resolves with the number of changed rows, once they
   * are committed. Called again after a crash: it must then do only what is left. Without this method, the provider stores no personal
   * data.
   */
  eraseSubject?(subject: AuditSubject): Promise<number>;

  /**
   * Returns the provider's data about the person, row by row, without data of other persons. Reads a page at a time, however much it is.
   */
  reportSubject?(subject: AuditSubject): AsyncIterable<JsonObject>;
}

/** Marks a class as an audit provider; the aggregator finds it at bootstrap in any module. */
export const AuditProvider = DiscoveryService.createDecorator<AuditProviderOptions>();
