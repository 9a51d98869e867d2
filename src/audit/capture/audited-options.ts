import type { AuditFailurePolicy } from '../audit-options.js';
import type { AuditEventName } from '../catalogue/define-audit-events.js';
import type { AuditActorInput, AuditInput, AuditResourceInput } from '../event/audit-input.js';
import type { AuditSeverity } from '../../base/event/outcomes.js';

/** A value of unknown type. To get a type, annotate the callback's parameter: `({ result }: AuditedCall<OrderView>) => …`. */
export interface UncheckedValue {
  readonly [name: string]: UncheckedValue;
}

/** The argument of the callbacks in the options. `result` is set after a success, `error` after a failure. */
export interface AuditedCall<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]> {
  /** The framework's request; for a WebSocket message, the client; for a message of a microservice, the message's context. */
  readonly request: UncheckedValue;
  /** The method's arguments, as the pipes have changed them. Empty if a guard or a pipe refused the call, and for an `@Audited` on a class. */
  readonly args: Args;
  /** The returned value; for an Observable or an iterator, its last value. */
  readonly result: Result;
  readonly error: unknown;
}

type Returned<Value> = Value | undefined | Promise<Value | undefined>;

type UncheckedActor = Omit<AuditActorInput, 'id' | 'name' | 'sessionId'> &
  Readonly<Partial<Record<'id' | 'name' | 'sessionId', unknown>>>;

/** Options of {@link Audited}. If a callback throws or rejects, the event is recorded without that callback's field. */
export interface AuditedOptions<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]> {
  readonly resource?: (call: AuditedCall<Result, Args>) => Returned<AuditResourceInput>;
  /** Further resources that the event is about, at most 20. */
  readonly related?: (call: AuditedCall<Result, Args>) => Returned<readonly AuditResourceInput[]>;
  readonly actor?: (call: AuditedCall<Result, Args>) => Returned<UncheckedActor>;
  readonly tenantId?: (call: AuditedCall<Result, Args>) => unknown;
  readonly details?: (call: AuditedCall<Result, Args>) => Returned<object>;
  /**
   * The state before and the state after the change. With `'captured'`, a reader of the event also gets the row changes that the database
   * captured for the call.
   */
  readonly changes?: 'captured' | ((call: AuditedCall<Result, Args>) => Returned<AuditInput['changes']>);
  /** Whether to record this call. If the callback throws or rejects, the call is recorded. */
  readonly when?: (call: AuditedCall<Result, Args>) => boolean | Promise<boolean>;
  /**
   * Whether to record an `attempted` event before the handler runs. Default: `true` with `onFailure: 'closed'`, otherwise `false`. For an
   * {@link AuditedTransaction}, the default is always `false`, since the event is committed together with the changes.
   */
  readonly attempt?: boolean;
  readonly severity?: AuditSeverity;
  /** The category for a custom name. For a known name, the catalogue decides. */
  readonly category?: string;
  /** The value of `onFailure` for this handler. Default: the application's `onFailure`. */
  readonly onFailure?: AuditFailurePolicy;
  /**
   * Whether to store the call's redacted input as `metadata.requestBody`: a request's body, a message's payload, or an operation's
   * arguments. @defaultValue false
   */
  readonly includeRequestBody?: boolean;
  /** The names of fields to redact in this handler's events, in addition to the application's `sensitiveFields`. @defaultValue [] */
  readonly sensitiveFields?: readonly string[];
}

export interface AuditedEntry {
  readonly name: AuditEventName;
  readonly options: Omit<AuditedOptions, 'resource'> & {
    readonly resource?: (call: AuditedCall) => Returned<AuditResourceInput>;
  };
  /** Whether the success event is recorded in the handler's transaction. */
  readonly isTransactional?: boolean;
}
