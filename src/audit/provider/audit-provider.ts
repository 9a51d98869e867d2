import { DiscoveryService } from '@nestjs/core';
import type { AuditEvent, JsonObject } from '../event/audit-event.js';
import type { TransactionManager, TransactionScope } from '../transaction/transaction-manager.js';

/** The options of `@AuditProvider`. */
export interface AuditProviderOptions {
  /**
   * The short name of the provider, unique in the application: `^[a-z][a-z0-9-]{0,62}$`. Default: the class name in kebab case. Set this when
   * dashboards and options must not depend on the name of the class.
   */
  readonly backend?: string;
  /**
   * The categories of events that the provider gets. Default: all categories. Set this when a store is for some events only, such as a SIEM
   * that gets only authentication.
   */
  readonly categories?: readonly string[];
  /**
   * Whether the response waits for the provider. Set this when a response must not wait for the store, such as a service over HTTP (`false`).
   * @defaultValue true
   */
  readonly awaited?: boolean;
  /**
   * Whether, with `onFailure: 'closed'`, an operation fails if this provider cannot store its event. Set this when your own store, and not
   * only the ledger, is the record that a regulation asks for.
   * @defaultValue false
   */
  readonly required?: boolean;
}

/** Information about a batch. */
export interface ProviderScope {
  readonly backend: string;
  /** Aborted after `providerTimeoutMs`. Later results of the provider are ignored. */
  readonly signal: AbortSignal;
  /** The number of earlier attempts with this batch: 0 the first time. */
  readonly attempt: number;
}

/** A person whose data are erased or reported: an id, and other texts that identify the person in events. */
export interface AuditSubject {
  /** The id of the person in events, as an actor or as a resource of type `user`. */
  readonly id: string;
  /** E-mail addresses, user names and similar texts. */
  readonly identifiers?: readonly string[];
}

/** A recipient of events, registered by a module. */
export interface AuditProvider {
  /**
   * Stores a batch. Resolves when every event of the batch is stored. The method must be idempotent by event id, since it is called again
   * with the same events after a failure or a time-out.
   *
   * If the method rejects, no event of the batch counts as stored, and the batch is retried, then split, then spilled. Reject with
   * `AUDIT_EVENTS_UNSTORABLE` if the events are at fault, not the store. The result `false` counts as a rejection. The result `'accepted'`
   * means that a durable queue in front of the store has every event; the receipts then have the status `accepted`.
   */
  record(batch: readonly AuditEvent[], scope: ProviderScope): Promise<unknown>;

  /**
   * Writes the batch in the caller's transaction, with the caller's manager. A commit stores the batch, and a rollback removes it. Called for
   * each event, when it is recorded. Resolves with `true` when the batch is written, and with `false` if the provider's store is not in the
   * manager's database. After `false`, {@link record} gets the batch after the commit, if this library sees the commit.
   *
   * Reject with `AUDIT_TRANSACTION_MISSING` if the manager's connection is not in a transaction: then `record()` rejects, too. If the method
   * rejects with another error, it must leave the transaction unchanged, unless `scope.isClosed`. The transaction waits for the method
   * without a time-out. The batch may come again, to {@link record}, so the method must be idempotent by event id.
   */
  recordInTransaction?(
    batch: readonly AuditEvent[],
    manager: TransactionManager,
    scope: TransactionScope,
  ): Promise<boolean>;

  /**
   * Returns the id of the stored event that took an idempotency key within 24 hours; `undefined` if none is known. Called for the receipt of
   * an event with such a key, at the same time as {@link record}.
   *
   * @param once the hash of the key: {@link AuditEvent.once}
   */
  findOnce?(once: string): Promise<string | undefined>;

  /**
   * Returns information about the provider's store for health checks. Rejects if the store cannot be reached or has another problem; the
   * message names the remedy. Instead of rejecting, the method can describe the problem in the field `problem` of the result. A
   * health check waits for the method for less than a second.
   */
  check?(): Promise<JsonObject>;

  /**
   * Removes all data about the person from the provider's store. Resolves with the number of changed rows when the changes are committed.
   * After a crash, the method is called again, and must remove the remaining data. Omit this method only if the store contains no personal
   * data.
   */
  eraseSubject?(subject: AuditSubject): Promise<number>;

  /** Returns the provider's data about the person, row by row, without data of other persons. Reads one page at a time. */
  reportSubject?(subject: AuditSubject): AsyncIterable<JsonObject>;
}

/** Marks a class as an audit provider. The aggregator finds the class at boot in any module. */
export const AuditProvider = DiscoveryService.createDecorator<AuditProviderOptions>();
