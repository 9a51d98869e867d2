import { Inject, Injectable } from '@nestjs/common';
import {
  AUDIT_OPTIONS,
  type AuditDelivery,
  type AuditFailurePolicy,
  type ResolvedAuditOptions,
} from './audit-options.js';
import type { AuditEventName, EventDetails } from './catalogue/define-audit-events.js';
import { checkCallOptions } from './check-call-options.js';
import { getCurrentScope } from './context/audit-context.js';
import type { AuditScope } from './context/audit-scope.js';
import { RequiredContext } from './context/required-context.service.js';
import { AuditDispatcher } from './delivery/audit-dispatcher.service.js';
import type { BatchListener } from './delivery/call-provider.js';
import type { DeliveryStatus, ProviderHealth } from './delivery/delivery-status.js';
import type { AuditReceipt } from './delivery/receipt.js';
import type { SpillStatus } from './delivery/spill/spill-folder.js';
import { EventFactory, type ExternalEvent } from './event-factory.service.js';
import type { PrivacyOptions } from './event-redaction.js';
import type { AuditEvent, JsonObject } from './event/audit-event.js';
import type { AuditActorInput, AuditInput } from './event/audit-input.js';
import { diffValues, type AuditDiffEntry } from './event/diff-values.js';
import type { AuditProvider } from './provider/audit-provider.js';
import { addIdempotencyKey } from './event/idempotency-key.js';
import { hasFields } from './event/merge-fields.js';
import { resolveTransaction, type TransactionOptions } from './transaction/choose-transaction.js';
import { warnAboutUnjoinedEvent } from './row-context/unjoined-events.js';
import { TransactionalRecorder } from './transaction/transactional-recorder.service.js';

/** How one event is recorded. */
export interface RecordOptions extends PrivacyOptions, TransactionOptions {
  /**
   * The failure policy for this event. Default: the application's `onFailure`. Set this when a single event must not be lost, such as a payout
   * in an application whose other events are `open`.
   */
  readonly onFailure?: AuditFailurePolicy | undefined;
  /**
   * `transactional` writes the event in the current transaction. Default: `durable`; but inside a transaction, `transactional` for events with
   * the outcome `success` or `partial`. Set this when an event must survive the rollback of its transaction, such as a refused order
   * (`durable`), or must disappear with it.
   */
  readonly delivery?: AuditDelivery | undefined;
}

/** An event from {@link AuditAggregator.prepare}, not yet delivered. */
export interface PreparedEvent {
  readonly event: AuditEvent;
  /**
   * Delivers the event to the enabled providers, as `record()` does, independently of the current transaction.
   *
   * @param stored the event as you stored it, if you added fields. @defaultValue {@link event}
   */
  deliver(stored?: AuditEvent): Promise<AuditReceipt>;
}

/** Records events: delivers each event to the enabled providers. Inject this service into the code that records an event. */
@Injectable()
export class AuditAggregator {
  private truncated = 0;

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(EventFactory) private readonly events: EventFactory,
    @Inject(AuditDispatcher) private readonly dispatcher: AuditDispatcher,
    @Inject(TransactionalRecorder) private readonly transactions: TransactionalRecorder,
    @Inject(RequiredContext) private readonly required: RequiredContext,
  ) {}

  /**
   * Records one event. Resolves with the receipt once every awaited provider has stored the event, failed, or timed out. Fields that the
   * input lacks come from the current request or job.
   *
   * @param name an event type, an alias, a custom name, or an action. For an action, the outcome is `input.outcome`; default: `success`, or
   *   `failure` if the input has an `error`.
   * @throws `AUDIT_EVENT_NAME_INVALID` for an invalid name
   * @throws `AUDIT_OPTIONS_INVALID` for unknown options and invalid values
   * @throws `AUDIT_DETAILS_INVALID` only with `detailsValidation: 'throw'`, when the details
   *   contradict the catalogue; nothing is recorded then
   * @throws `AUDIT_INPUT_INVALID` only with `detailsValidation: 'throw'`, when the input has values that do not fit
   *   into an event, for example an unknown outcome; nothing is recorded then
   * @throws `AUDIT_TRANSACTION_UNKNOWN` if `transaction` belongs to no known client; nothing is recorded then
   * @throws `AUDIT_TRANSACTION_UNTRACKED` if a required provider does not write in `transaction`, and this library does not see its COMMIT;
   *   nothing is recorded then
   * @throws `AUDIT_TRANSACTION_MISSING` only with `transaction` or `delivery: 'transactional'`, when
   *   there is no transaction to record in; nothing is recorded then
   * @throws `AUDIT_CONTEXT_REQUIRED` only with `requireActor` or `requireTenant`, when the event lacks the actor or
   *   the tenant; nothing is recorded then. A failure or a denial without an actor or a tenant is recorded with `metadata.missingContext`.
   * @throws `AUDIT_UNAVAILABLE` (HTTP 503) only with `onFailure: 'closed'`, when the event could not be stored
   *   anywhere. In every other case, the receipt lists the providers that failed.
   */
  async record<Name extends AuditEventName>(
    name: Name,
    input: AuditInput<EventDetails<Name>> = {},
    options?: RecordOptions,
  ): Promise<AuditReceipt> {
    options ??= {};
    checkCallOptions('record', options, `record the event ${String(name)}`);
    const created = this.events.create(name, input, { privacy: options, isStrict: true });
    const key = options.idempotencyKey ?? undefined;
    const event = key === undefined ? created : addIdempotencyKey(created, key);
    const attempt = (): AuditEvent => {
      const started = { ...(hasFields(input) ? input : { input }), outcome: 'attempted' as const };
      return this.events.create(name, started, { privacy: options });
    };
    const delivered = this.deliver(event, options, getCurrentScope(), attempt);
    return event.once === undefined ? delivered : this.withDuplicate(delivered, event.once);
  }

  /**
   * Makes the event that {@link record} would make, without delivering it. Store the event in your own transaction, together with the
   * change that the event describes. Call `deliver` after the commit. A provider that already has the event ignores the delivery.
   *
   * @throws `AUDIT_EVENT_NAME_INVALID`, `AUDIT_DETAILS_INVALID`, `AUDIT_INPUT_INVALID`, `AUDIT_CONTEXT_REQUIRED`, like {@link record}
   */
  prepare<Name extends AuditEventName>(
    name: Name,
    input: AuditInput<EventDetails<Name>> = {},
    privacy: PrivacyOptions = {},
  ): PreparedEvent {
    const event = this.events.create(name, input, { privacy, isStrict: true });
    const scope = getCurrentScope();
    return { event, deliver: (stored = event) => this.deliver(stored, { delivery: 'durable' }, scope, () => stored) };
  }

  /**
   * Makes an event of something that happened outside this process, for example in the database. The event is redacted and bounded like the
   * application's events, but lacks the values of the current scope. The caller stores the event; this method does not deliver it.
   *
   * @throws `AUDIT_EVENT_NAME_INVALID` for an invalid name
   */
  makeExternal(name: AuditEventName, input: AuditInput<unknown>, external: ExternalEvent): AuditEvent {
    const event = this.events.createExternal(name, input, external);
    if (event.truncated) this.truncated++;
    return event;
  }

  /** Redacts a state that is stored beside an event of {@link makeExternal}, by the rules of that event, without a size bound. */
  redactExternal(name: AuditEventName, state: JsonObject, external: ExternalEvent): JsonObject {
    return this.events.redactExternal(name, state, external);
  }

  /**
   * Delivers an event to the enabled providers, in the current transaction or outside of it. Only the library itself calls this method.
   * Throws the errors of {@link record} synchronously, because an async method would create one more promise for each event.
   *
   * @param attempt makes the `attempted` event of the same operation
   */
  deliver(
    event: AuditEvent,
    options: RecordOptions,
    scope: AuditScope | undefined,
    attempt: () => AuditEvent,
  ): Promise<AuditReceipt> {
    if (scope?.ignored?.ignores(event)) {
      return Promise.resolve({ eventId: event.id, recorded: false, ignored: true, providers: {} });
    }
    const { transaction: typeOrm, openTransaction } = scope ?? {};
    const named = this.options.currentTransaction;
    const transaction = resolveTransaction(event, options, { typeOrm, openTransaction, named });
    if (event.truncated) this.truncated++;
    const isClosed = (options.onFailure ?? this.options.onFailure) === 'closed';
    if (transaction) return this.transactions.record(event, transaction, isClosed ? attempt : undefined);
    if (options.delivery === undefined) warnAboutUnjoinedEvent(event, scope);
    return this.dispatcher.dispatch(event, { isClosed });
  }

  /** The ledger decides later which event it seals, so the look-up delays no event. */
  private async withDuplicate(delivered: Promise<AuditReceipt>, once: string): Promise<AuditReceipt> {
    const [receipt, first] = await Promise.all([delivered, this.dispatcher.findOnce(once)]);
    const isFirst = first === undefined || first === receipt.eventId || receipt.ignored === true;
    return isFirst ? receipt : { ...receipt, eventId: first, duplicateOf: first };
  }

  /**
   * Returns the differences of two states in the form of an event's `changes.diff`: paths with redacted old and new values, up to 16 KiB.
   * An event with `changes: { before, after }` gets its diff automatically. Never throws.
   */
  diff(before: unknown, after: unknown, privacy: PrivacyOptions = {}): readonly AuditDiffEntry[] {
    return diffValues(before, after, this.events.redaction.of({}, privacy));
  }

  /** The number of events that were cut to the size bound since the start of this process. */
  get truncatedEvents(): number {
    return this.truncated;
  }

  /** How long an operation waits for a provider, in milliseconds. A provider uses the same time-out for its own store. */
  get providerTimeoutMs(): number {
    return this.options.providerTimeoutMs;
  }

  /** Resolves when every event accepted so far is stored, spilled or failed. Call `drain` before you close connections that a provider uses. */
  async drain(): Promise<void> {
    await this.dispatcher.drain();
  }

  /** Returns the state of each enabled provider by backend: its queue, its spilled events, its store. Never rejects. */
  async health(): Promise<Readonly<Record<string, ProviderHealth>>> {
    return this.dispatcher.health();
  }

  /** Returns the delivery status of each enabled provider, by backend. Unlike {@link health}, does not run the providers' own checks. */
  deliveryStatus(): Readonly<Record<string, DeliveryStatus>> {
    return this.dispatcher.deliveryStatus();
  }

  /** Returns the number of events written in callers' transactions since the process started, by backend. Includes rolled-back events. */
  joinedEvents(): ReadonlyMap<string, number> {
    return this.transactions.joined;
  }

  /** From now on, calls `listener` after each batch that was sent to a provider. For metrics. */
  onBatch(listener: BatchListener): void {
    this.dispatcher.onBatch(listener);
  }

  /** Returns the actor of the current request or job; `undefined` if the actor is unknown. */
  currentActor(): AuditActorInput | undefined {
    return this.events.currentActor();
  }

  /**
   * The providers that can erase or report personal data, by backend. The map is empty before the end of the boot. Disabled providers are
   * included, since their stores still hold personal data.
   */
  get personalStores(): ReadonlyMap<string, Pick<AuditProvider, 'eraseSubject' | 'reportSubject'>> {
    const stores = this.dispatcher.allProviders.map(({ backend, instance }) => [backend, instance] as const);
    return new Map(stores.filter(([, instance]) => 'eraseSubject' in instance || 'reportSubject' in instance));
  }

  /** How full the spill is; `undefined` without a spill. */
  spill(): SpillStatus | undefined {
    return this.dispatcher.spill();
  }
}
