import type { AuditActorType, AuditOutcome, AuditSeverity } from '../../base/event/outcomes.js';

/** An actor as a caller describes it. Ids may be numbers. */
export interface AuditActorInput {
  readonly type?: AuditActorType | undefined;
  readonly id?: string | number | bigint | undefined;
  readonly name?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly onBehalfOf?: { readonly type?: AuditActorType; readonly id: string | number | bigint } | undefined;
}

/** A resource as a caller describes it. The id may be any value with a text form. */
export interface AuditResourceInput {
  readonly type: string;
  readonly id?: unknown;
  /** The resource's name as people know it, such as `Invoice 2026-17`: at most 200 characters. An erasure removes the name. */
  readonly name?: string | undefined;
}

/** The caller's part of an event. All other fields come from the context and the catalogue. */
export interface AuditInput<Details = Readonly<Record<string, unknown>>> {
  readonly outcome?: AuditOutcome | undefined;
  readonly severity?: AuditSeverity | undefined;
  /** The category for a custom name. For a listed name, the catalogue states the category. */
  readonly category?: string | undefined;
  readonly actor?: AuditActorInput | undefined;
  readonly tenantId?: string | undefined;
  readonly resource?: AuditResourceInput | undefined;
  /** Further resources that the event is about, at most 20: the account that an invoice belongs to, or both ends of a transfer. */
  readonly related?: readonly AuditResourceInput[] | undefined;
  readonly changes?: { readonly before?: unknown; readonly after?: unknown; readonly diff?: unknown } | undefined;
  readonly reason?: string | undefined;
  /**
   * The error that made the action fail. Only its name, code and message are stored. An event with an error and without an `outcome` is a
   * failure.
   */
  readonly error?: unknown;
  readonly details?: Details | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
