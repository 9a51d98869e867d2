import type { AuditDelivery, AuditFailurePolicy } from '../audit-options.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import type { AuditActorInput, AuditInput, AuditResourceInput } from '../event/audit-input.js';
import type { AuditSeverity } from '../event/outcomes.js';

/**
 * A value whose type only the caller knows. Annotate the callback's parameter to get it checked: `({ result }: AuditedCall<OrderView>) =>
 * …`.
 */
export interface UncheckedValue {
  readonly [name: string]: UncheckedValue;
}

/** The call, as the options' callbacks see it. `result` is there after success, `error` after a failure. */
export interface AuditedCall<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]> {
  /** The framework's request; for a WebSocket message its client, for a message of a microservice its context. */
  readonly request: UncheckedValue;
  /** The arguments of the method: the values after the pipes, so it is empty before them. Empty for an `@Audited` on a class. */
  readonly args: Args;
  /** The returned value; for an Observable, its last value. */
  readonly result: Result;
  readonly error: unknown;
}

/** The result of a callback; if it is a promise, the event waits for it. */
type Told<Value> = Value | undefined | Promise<Value | undefined>;

/** An actor whose values may come from a request or a result, which have no types. */
type UncheckedActor = Omit<AuditActorInput, 'id' | 'name' | 'sessionId'> &
  Readonly<Partial<Record<'id' | 'name' | 'sessionId', unknown>>>;

/** Options of {@link Audited}. If a callback throws or rejects, the event is recorded without its field. */
export interface AuditedOptions<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]> {
  readonly resource?: (call: AuditedCall<Result, Args>) => Told<{ readonly type: string; readonly id?: unknown }>;
  readonly actor?: (call: AuditedCall<Result, Args>) => Told<UncheckedActor>;
  readonly tenantId?: (call: AuditedCall<Result, Args>) => unknown;
  readonly details?: (call: AuditedCall<Result, Args>) => Told<object>;
  /** The states before and after. `'captured'`: reading the event adds the row changes that the database captured for this operation. */
  readonly changes?: 'captured' | ((call: AuditedCall<Result, Args>) => Told<AuditInput['changes']>);
  /** Whether to record this call: `false`, or a promise of it, skips it. If it throws or rejects, the call is recorded. */
  readonly when?: (call: AuditedCall<Result, Args>) => boolean | Promise<boolean>;
  /**
   * Also record `attempted`, before the handler runs. Default: `true` with `onFailure: 'closed'`, which stores it before the handler
   * starts; `false` otherwise, and for an {@link AuditedTransaction}, whose event is stored together with its changes.
   */
  readonly attempt?: boolean;
  readonly severity?: AuditSeverity;
  /** The category of a custom name; listed names have the catalogue's. */
  readonly category?: string;
  /** `onFailure` for this handler. Default: the application's. */
  readonly onFailure?: AuditFailurePolicy;
  /**
   * Keep the redacted input of the call as `metadata.requestBody`: the body of a request, the payload of a message, the arguments
   * of an operation. @defaultValue false
   */
  readonly includeRequestBody?: boolean;
  /** Names of fields to redact in this handler's events, in addition to the default list and the application's. @defaultValue [] */
  readonly sensitiveFields?: readonly string[];
  /** Whether these events are anonymised. Default: the application's `anonymize`. */
  readonly anonymize?: boolean;
  /**
   * `buffered`: the response does not wait for these events. Default: `durable`; inside a transaction, events with the outcome `success` or
   * `partial` are written in it.
   */
  readonly delivery?: Exclude<AuditDelivery, 'transactional'>;
}

/** One `@Audited` on a handler. */
export interface AuditedEntry {
  readonly name: AuditEventName;
  readonly options: Omit<AuditedOptions, 'resource'> & {
    readonly resource?: (call: AuditedCall) => Told<AuditResourceInput>;
  };
  /** Whether its success event is recorded in the handler's transaction. */
  readonly isTransactional?: boolean;
}
