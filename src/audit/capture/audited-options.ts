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
  /**
   * The resource that the event is about: its type and its id. Set this when the route changes or reads a record, so that the record's history
   * includes the event.
   */
  readonly resource?: (call: AuditedCall<Result, Args>) => Returned<AuditResourceInput>;
  /**
   * Further resources that the event is about, at most 20. Set this when one call concerns several records, such as a transfer between two
   * accounts.
   */
  readonly related?: (call: AuditedCall<Result, Args>) => Returned<readonly AuditResourceInput[]>;
  /**
   * The actor of the event. Default: the actor of the request. Set this when the handler itself finds out who acts, as for a log-in or a
   * signed webhook.
   */
  readonly actor?: (call: AuditedCall<Result, Args>) => Returned<UncheckedActor>;
  /** The tenant of the event. Default: the tenant of the request. Set this when an operator of your company works in a customer's account. */
  readonly tenantId?: (call: AuditedCall<Result, Args>) => unknown;
  /** The details of the event. Set this when the event must say more than who did what to which record, such as an amount or a format. */
  readonly details?: (call: AuditedCall<Result, Args>) => Returned<object>;
  /**
   * The state before and the state after the change. With `'captured'`, a reader of the event also gets the row changes that the database
   * captured for the call. Set this when an auditor must see what a change replaced: give both states, or `'captured'` with
   * `RowChangesModule`.
   */
  readonly changes?: 'captured' | ((call: AuditedCall<Result, Args>) => Returned<AuditInput['changes']>);
  /**
   * Whether to record this call. If the callback throws or rejects, the call is recorded. Set this when one handler serves calls that matter
   * and calls that do not, such as a search with and without an export.
   */
  readonly when?: (call: AuditedCall<Result, Args>) => boolean | Promise<boolean>;
  /**
   * Whether to record an `attempted` event before the handler runs. Default: `true` with `onFailure: 'closed'`, otherwise `false`. For an
   * {@link AuditedTransaction}, the default is always `false`, since the event is committed together with the changes. Set this when the
   * operation has effects outside the database, such as a payment, and a crash must leave a trace.
   */
  readonly attempt?: boolean;
  /**
   * The severity of the event. Default: that of the event type. Set this when this handler's event needs more attention than others of its
   * type, such as a bulk deletion.
   */
  readonly severity?: AuditSeverity;
  /**
   * The category for a custom name. For a known name, the catalogue decides. Set this when you try an event under a name of your own before
   * you define it with `defineAuditEvents`.
   */
  readonly category?: string;
  /**
   * The value of `onFailure` for this handler. Default: the application's `onFailure`. Set this when only some operations must not run without
   * their record, such as payouts.
   */
  readonly onFailure?: AuditFailurePolicy;
  /**
   * Whether to store the call's redacted input as `metadata.requestBody`: a request's body, a message's payload, or an operation's arguments.
   * Set this when an auditor asks for the complete input of an operation, such as an order placed by an algorithm.
   * @defaultValue false
   */
  readonly includeRequestBody?: boolean;
  /**
   * The names of fields to redact in this handler's events, in addition to the application's `sensitiveFields`. Set this when a field is
   * secret only in this handler's input, such as `answer` of a security question.
   * @defaultValue []
   */
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
