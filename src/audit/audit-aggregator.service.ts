import { Inject, Injectable } from '@nestjs/common';
import {
  AUDIT_OPTIONS,
  type AuditDelivery,
  type AuditFailurePolicy,
  type ResolvedAuditOptions,
} from './audit-options.js';
import type { AuditEventName, DetailsOf } from './catalogue/details-of.js';
import { isState } from './catalogue/own-events.js';
import { currentScope } from './context/audit-context.js';
import type { AuditScope } from './context/audit-scope.js';
import { RequiredContext } from './context/required-context.service.js';
import { AuditDispatcher } from './delivery/audit-dispatcher.service.js';
import type { BatchListener } from './delivery/answered-batch.js';
import type { DeliveryStatus, ProviderHealth } from './delivery/provider-health.js';
import type { AuditReceipt } from './delivery/receipt.js';
import type { SpillStatus } from './delivery/spill/spill-folder.js';
import { InvalidEventNameError } from './errors/invalid-event-name.error.js';
import { RequiredContextError } from './errors/required-context.error.js';
import { EventFactory, type Elsewhere, type PrivacyOptions } from './event-factory.service.js';
import { FailurePolicies } from './failure-policies.service.js';
import type { AuditEvent, JsonObject } from './event/audit-event.js';
import type { AuditActorInput, AuditInput } from './event/audit-input.js';
import { diffValues, type AuditDiffEntry } from './event/diff-values.js';
import type { AuditProvider } from './provider/audit-provider.js';
import { hasFields } from './event/merge-fields.js';
import { readArguments } from './event/read-arguments.js';
import { chooseTransaction, type TransactionOptions } from './transaction/choose-transaction.js';
import { TransactionRecorder } from './transaction/transaction-recorder.service.js';

/** How one event is recorded. */
export interface RecordOptions extends PrivacyOptions, TransactionOptions {
  /** `onFailure` for this event. Default: that of `onFailureByType`, else the application's. */
  readonly onFailure?: AuditFailurePolicy | undefined;
  /**
   * `buffered` waits for no provider; it waits for room if 10,000 events are queued. With `onFailure: 'closed'`, the event is
   * `durable` anyway. `transactional` writes the event in the current transaction. Default: `durable`; within a transaction,
   * `success` and `partial` are part of it.
   */
  readonly delivery?: AuditDelivery | undefined;
}

/** An event that is made and not delivered yet: made by {@link AuditAggregator.prepare}. */
export interface PreparedEvent {
  readonly event: AuditEvent;
  /**
   * Brings it to the enabled providers, as `record()` does; independent of the current transaction.
   *
   * @param stored the event as it was stored, where something was added. @defaultValue {@link event}
   */
  deliver(stored?: AuditEvent): Promise<AuditReceipt>;
}

/** Takes events and hands them to the enabled providers. Inject it wherever something happens that must be known later. */
@Injectable()
export class AuditAggregator {
  private truncated = 0;

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(EventFactory) private readonly events: EventFactory,
    @Inject(AuditDispatcher) private readonly dispatcher: AuditDispatcher,
    @Inject(FailurePolicies) private readonly policies: FailurePolicies,
    @Inject(TransactionRecorder) private readonly transactions: TransactionRecorder,
    @Inject(RequiredContext) private readonly required: RequiredContext,
  ) {}

  /**
   * Records one event and resolves with its receipt once every awaited provider has stored it, failed, or run into the
   * time-out. What the input does not say comes from the current request or job.
   *
   * @param name an action (with `input.outcome`, default success; with an `error` failure), an event type, an alias, or any custom name; it types
   *   the details
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) for what is not a name, and for the events by which alerts and reviews of days
   *   stand, such as `alert_resolved` and `review_signed_off`
   * @throws InvalidDetailsError (`AUDIT_DETAILS_INVALID`) only with `detailsValidation: 'throw'`, when the details
   *   contradict the catalogue; nothing is recorded then
   * @throws InvalidInputError (`AUDIT_INPUT_INVALID`) only with `detailsValidation: 'throw'`, when the input says what has no place in an
   *   event, such as an unknown outcome; nothing is recorded then
   * @throws TransactionMissingError (`AUDIT_TRANSACTION_MISSING`) only with `manager` or `delivery: 'transactional'`, when
   *   there is no transaction to record in; nothing is recorded then
   * @throws RequiredContextError (`AUDIT_CONTEXT_REQUIRED`) only with `requireActor` or `requireTenant`, for an event of something that
   *   is done or attempted; nothing is recorded then. Failures and denials are recorded without, and marked
   * @throws AuditUnavailableError (`AUDIT_UNAVAILABLE`, HTTP 503) only with `onFailure: 'closed'`, when the event could be
   *   stored nowhere. Otherwise a failing provider never rejects: the receipt tells.
   */
  async record<Name extends AuditEventName>(
    name: Name,
    ...args: [input?: AuditInput<DetailsOf<Name>>, options?: RecordOptions]
  ): Promise<AuditReceipt> {
    const [input = {}, options = {}] = areUsual(args) ? args : inPositions(args);
    const event = this.events.create(name, input, undefined, undefined, options, true);
    if (isState(event.type)) throw InvalidEventNameError.ofLedger(event.type);
    const attempt = (): AuditEvent => {
      const begun = { ...(hasFields(input) ? input : { input }), outcome: 'attempted' as const };
      return this.events.create(name, begun, undefined, undefined, options);
    };
    return this.deliver(event, options, currentScope(), attempt);
  }

  /**
   * Makes the event that {@link record} would, and delivers it to nobody yet: for a module that first stores it in a transaction of
   * its own, with the change that it describes. Once that is committed, call `deliver`: a provider that has the event
   * already leaves it alone.
   *
   * @throws what {@link record} rejects with before anything is recorded
   */
  prepare<Name extends AuditEventName>(
    name: Name,
    input: AuditInput<DetailsOf<Name>> = {},
    privacy: PrivacyOptions = {},
  ): PreparedEvent {
    const event = this.events.create(name, input, undefined, undefined, privacy, true);
    const scope = currentScope();
    return { event, deliver: (stored = event) => this.deliver(stored, { delivery: 'durable' }, scope, () => stored) };
  }

  /**
   * Makes an event of something that happened outside this process, as in the database: redacted and bounded as the application's
   * events are, with nothing of the current scope. It is delivered to nobody: the caller stores it.
   *
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) for what is not a name
   */
  makeElsewhere(name: AuditEventName, input: AuditInput<unknown>, elsewhere: Elsewhere): AuditEvent {
    const event = this.events.createElsewhere(name, input, elsewhere);
    if (event.truncated) this.truncated++;
    return event;
  }

  /** What stands apart from an event that {@link makeElsewhere} makes, redacted as that one is, and not cut. */
  redactElsewhere(name: AuditEventName, state: JsonObject, elsewhere: Elsewhere): JsonObject {
    return this.events.redactElsewhere(name, state, elsewhere);
  }

  /**
   * Brings a made event to the enabled providers: in a transaction, or independently of any. For the capture only: it throws at
   * once what {@link record} rejects with, since each promise more is followed by the storage's hooks.
   *
   * @param attempt makes the `attempted` event of the same operation
   */
  deliver(
    event: AuditEvent,
    options: RecordOptions,
    scope: AuditScope | undefined,
    attempt: () => AuditEvent,
  ): Promise<AuditReceipt> {
    if (scope?.ignored?.takes(event)) {
      return Promise.resolve({ eventId: event.id, recorded: false, ignored: true, providers: {} });
    }
    const manager = chooseTransaction(event, options, scope?.transaction);
    if (event.truncated) this.truncated++;
    const isClosed = this.policies.policyOf(event, options.onFailure) === 'closed';
    if (manager) return this.transactions.record(event, manager, isClosed ? attempt : undefined);
    const waits = isClosed || options.delivery !== 'buffered';
    return this.dispatcher.dispatch(event, { waits, isClosed });
  }

  /** Whether some events must have an actor or a tenant. For the capture only. */
  get requiresContext(): boolean {
    return this.required.isAsked;
  }

  /**
   * Why an operation must not start: its event would lack an actor or a tenant that the options ask for. What is not known
   * before it starts does not count. For the capture only.
   */
  refusalIn(scope: AuditScope, name: AuditEventName, input: AuditInput): RequiredContextError | undefined {
    const event = this.events.create(name, { ...input, outcome: 'attempted' }, scope);
    const missing = this.required.missingIn(event);
    return missing.length > 0 ? RequiredContextError.beforeStart(event.action, missing) : undefined;
  }

  /** Whether an operation of this name must not run unaudited. For the capture only. */
  isClosed(name: AuditEventName, given: AuditFailurePolicy | undefined): boolean {
    return this.policies.isClosed(name, given);
  }

  /**
   * What differs between two states, as an event's `changes.diff` has it: paths with what was and what is there, redacted
   * as the application's events are, at most 16 KiB. An event with `changes: { before, after }` gets its diff by itself.
   * Never throws, whatever the states hold.
   */
  diff(before: unknown, after: unknown, privacy: PrivacyOptions = {}): readonly AuditDiffEntry[] {
    return diffValues(before, after, this.events.redactionOf({}, privacy));
  }

  /** How many events of this process lost something to the size bound, since its start. */
  get truncatedEvents(): number {
    return this.truncated;
  }

  /** How long an operation waits for a provider, in milliseconds. For providers that bound their own store's answers. */
  get providerTimeoutMs(): number {
    return this.options.providerTimeoutMs;
  }

  /** Resolves when every event accepted so far is stored, spilled or failed. For those who close what a provider needs. */
  async drain(): Promise<void> {
    await this.dispatcher.drain();
  }

  /** How each enabled provider is doing, by backend: its queue, what was spilled, its store. Never rejects. */
  async health(): Promise<Readonly<Record<string, ProviderHealth>>> {
    return this.dispatcher.health();
  }

  /** How bringing events to each enabled provider goes, by backend: the part of {@link health} that asks no store. */
  deliveryStatus(): Readonly<Record<string, DeliveryStatus>> {
    return this.dispatcher.deliveryStatus();
  }

  /** How many events were written in the callers' transactions since the start, by backend: some may have been rolled back. */
  joinedEvents(): ReadonlyMap<string, number> {
    return this.transactions.joined;
  }

  /** From now on, `listener` is told of each batch that a provider answered: for metrics. */
  onBatch(listener: BatchListener): void {
    this.dispatcher.onBatch(listener);
  }

  /** Who acts in the current request or job, as its events say it; `undefined` where nobody is known. */
  currentActor(): AuditActorInput | undefined {
    return this.events.currentActor();
  }

  /**
   * The providers that keep something of persons, by backend; those that are disabled, too, since what they kept is still
   * there. None before the end of the boot.
   */
  get personalStores(): ReadonlyMap<string, Pick<AuditProvider, 'eraseSubject' | 'reportSubject'>> {
    const stores = this.dispatcher.allProviders.map(({ backend, instance }) => [backend, instance] as const);
    return new Map(stores.filter(([, instance]) => 'eraseSubject' in instance || 'reportSubject' in instance));
  }

  /** How full the spill is; `undefined` without one. */
  spill(): SpillStatus | undefined {
    return this.dispatcher.spill();
  }
}

/** Whether arguments are an input and options, or an input alone, of which JavaScript callers give anything. */
function areUsual(args: readonly unknown[]): boolean {
  const { length, 1: options } = args;
  return length < 2 || (length === 2 && (options === undefined || (typeof options === 'object' && options !== null)));
}

/** The order in which other libraries have it; what comes behind is kept, and marked. */
function inPositions(args: readonly unknown[]): [input: AuditInput, options: RecordOptions | undefined] {
  const { call, options } = readArguments(args, ['userId', 'tenantId', 'details']);
  return [call as AuditInput, options]; // read as any input
}
