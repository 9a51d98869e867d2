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

/** Options of {@link Audited}. A callback that throws costs its field, never the event. */
export interface AuditedOptions<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]> {
  readonly resource?: (call: AuditedCall<Result, Args>) => { readonly type: string; readonly id?: unknown } | undefined;
  readonly actor?: (call: AuditedCall<Result, Args>) => AuditActorInput | undefined;
  readonly tenantId?: (call: AuditedCall<Result, Args>) => unknown;
  readonly details?: (call: AuditedCall<Result, Args>) => object | undefined;
  /**
   * The state before and after. `'captured'`: whoever reads the event gets them from the row changes that the database captured of this
   * operation.
   */
  readonly changes?: 'captured' | ((call: AuditedCall<Result, Args>) => AuditInput['changes']);
  /** Whether to record this call at all: not, if it returns false. If it throws, the call is recorded. */
  readonly when?: (call: AuditedCall<Result, Args>) => boolean;
  /**
   * Also record `attempted`, before the handler runs. Default: `true` with `onFailure: 'closed'`, where it is stored before
   * anything is done, except for an {@link AuditedTransaction}, whose event is stored with what it did; else `false`.
   */
  readonly attempt?: boolean;
  readonly severity?: AuditSeverity;
  /** For custom names; the catalogue knows its own. */
  readonly category?: string;
  /** For this handler alone. Default: the application's. */
  readonly onFailure?: AuditFailurePolicy;
  /**
   * Keep what the client sent, redacted, as `metadata.requestBody`: a request's body, a message's payload, an operation's
   * arguments. @defaultValue false
   */
  readonly includeRequestBody?: boolean;
  /** Names of fields to redact in this handler's events, besides the default list and the application's. @defaultValue [] */
  readonly sensitiveFields?: readonly string[];
  /** Whether these events are anonymised. Default: as the application's `anonymize` says. */
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
    readonly resource?: (call: AuditedCall) => AuditResourceInput | undefined;
  };
  /** Whether its success is recorded in the transaction of its handler. */
  readonly isTransactional?: boolean;
}
