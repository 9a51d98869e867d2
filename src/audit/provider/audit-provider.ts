import { DiscoveryService } from '@nestjs/core';
import type { AuditEvent, JsonObject } from '../event/audit-event.js';
import type { TransactionManager } from '../transaction/transaction-manager.js';
import type { TransactionScope } from '../transaction/transaction-scope.js';

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

/** What comes with a batch. */
export interface ProviderScope {
  readonly backend: string;
  /** Aborted when the time-out is over: what the provider does later is not waited for. */
  readonly signal: AbortSignal;
  /** How many times this batch was offered before: 0 the first time. */
  readonly attempt: number;
}

/** A person whose data is to be erased or shown: an id, and what else events may know the person by. */
export interface AuditSubject {
  /** As events have it: of an actor, or of a resource of type `user`. */
  readonly id: string;
  /** E-mail addresses, user names and the like. */
  readonly identifiers?: readonly string[];
}

/** A recipient of events, registered by a module. */
export interface AuditProvider {
  /**
   * Resolves when every event of the batch is stored. Called again with the same ids after a failure or a time-out, so
   * it must be idempotent by event id. A rejection means that nothing of the batch may be counted on; it is offered
   * again, then in parts, then kept in the spill. UnstorableEventsError says that the events are at fault, not the store.
   * To resolve with `false` says "not logged", which counts as a rejection. To resolve with `'accepted'` says that a durable queue in
   * front of the store has every event of the batch, and that the store gets them from there: the receipts then say `accepted`.
   */
  record(batch: readonly AuditEvent[], scope: ProviderScope): Promise<unknown>;

  /**
   * Writes the batch in the caller's transaction, by the caller's manager: its commit stores it, its rollback undoes it. Called before the
   * commit, with all events of the transaction, as far as possible. Resolves with true when it is written, with false where the
   * provider's store is not in the manager's database: the batch then comes by {@link record}, after the commit, as it does after a
   * rejection.
   *
   * A rejection leaves the transaction as it was. No answer within `providerTimeoutMs` is taken for one, so it must be
   * idempotent by event id.
   */
  recordInTransaction?(
    batch: readonly AuditEvent[],
    manager: TransactionManager,
    scope: TransactionScope,
  ): Promise<boolean>;

  /**
   * Whether the provider can write in the manager's transaction, asked for each event while it is open. It must not fail a statement of that
   * transaction. Without it, a provider with {@link recordInTransaction} can.
   */
  canRecordInTransaction?(manager: TransactionManager): Promise<boolean>;

  /**
   * For health checks: facts to show about the provider's store. A rejection says that it cannot be reached, or what else is
   * wrong with it and what to do; a text under `problem` says the same, and the other facts are shown beside it.
   */
  check?(): Promise<JsonObject>;

  /**
   * Makes what the provider keeps tell nothing of the person any more. Resolves with how many rows it changed, when that is
   * committed. Called again after a crash: nothing may be left to do then. Without it, the provider keeps nothing of persons.
   */
  eraseSubject?(subject: AuditSubject): Promise<number>;

  /** What the provider keeps of the person, row by row, nothing of other persons. Reads a page at a time, however much it is. */
  reportSubject?(subject: AuditSubject): AsyncIterable<JsonObject>;
}

/** Marks a class as an audit provider, which the aggregator finds at bootstrap in any module. */
export const AuditProvider = DiscoveryService.createDecorator<AuditProviderOptions>();
