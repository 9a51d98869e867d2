import type { AuditDelivery, AuditFailurePolicy } from '../audit-options.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import type { AuditActorInput, AuditInput, AuditResourceInput } from '../event/audit-input.js';
import type { AuditSeverity } from '../event/outcomes.js';

/** A value whose shape only the caller knows. Annotate the callback to have it checked: `({ result }: AuditedCall<OrderView>) => …`. */
export interface UncheckedValue {
  readonly [name: string]: UncheckedValue;
}

/** What the options' callbacks see of the call. `result` is there after success, `error` after a failure. */
export interface AuditedCall<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]> {
  /** The framework's request; of a WebSocket message its client, of a microservice's message its context. */
  readonly request: UncheckedValue;
  /** What the method was called with: after the pipes, so none before them. For an `@Audited` on a class: none. */
  readonly args: Args;
  /** What it returned; of an Observable the last value. */
  readonly result: Result;
  readonly error: unknown;
}

/** What a callback returns; the event waits for a promise of it. */
type Told<Value> = Value | undefined | Promise<Value | undefined>;

/** Options of {@link Audited}. A callback that throws or rejects costs its field, never the event. */
export interface AuditedOptions<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]> {
  readonly resource?: (call: AuditedCall<Result, Args>) => Told<{ readonly type: string; readonly id?: unknown }>;
  readonly actor?: (call: AuditedCall<Result, Args>) => Told<AuditActorInput>;
  readonly tenantId?: (call: AuditedCall<Result, Args>) => unknown;
  readonly details?: (call: AuditedCall<Result, Args>) => Told<object>;
  /** The state before and after. `'captured'`: reading the event adds the row changes that the database captured of this operation. */
  readonly changes?: 'captured' | ((call: AuditedCall<Result, Args>) => Told<AuditInput['changes']>);
  /** Whether to record this call: `false`, or a promise of it, skips it. If it throws or rejects, the call is recorded. */
  readonly when?: (call: AuditedCall<Result, Args>) => boolean | Promise<boolean>;
  /**
   * Also record `attempted`, before the handler runs. Default: `true` with `onFailure: 'closed'`, which stores it before the
   * handler starts; else `false`, and `false` for an {@link AuditedTransaction}, whose event is stored with its changes.
   */
  readonly attempt?: boolean;
  readonly severity?: AuditSeverity;
  /** The category of a custom name; the catalogue has those of listed names. */
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
   * `buffered`: the response does not wait for these events. Default: `durable`; within a transaction, `success` and
   * `partial` are part of it.
   */
  readonly delivery?: Exclude<AuditDelivery, 'transactional'>;
}

/** One `@Audited` on a handler. */
export interface AuditedEntry {
  readonly name: AuditEventName;
  readonly options: Omit<AuditedOptions, 'resource'> & {
    readonly resource?: (call: AuditedCall) => Told<AuditResourceInput>;
  };
  /** Whether its success is recorded in the transaction of its handler. */
  readonly isTransactional?: boolean;
}
