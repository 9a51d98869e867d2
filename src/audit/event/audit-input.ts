import type { AuditActorType, AuditOutcome, AuditSeverity } from './outcomes.js';

/** An actor in a caller's form; ids may be numbers. */
export interface AuditActorInput {
  readonly type?: AuditActorType | undefined;
  readonly id?: string | number | bigint | undefined;
  readonly name?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly onBehalfOf?: { readonly type?: AuditActorType; readonly id: string | number | bigint } | undefined;
}

/** A resource in a caller's form. The id may be anything that has a text form. */
export interface AuditResourceInput {
  readonly type: string;
  readonly id?: unknown;
}

/** The caller's part of an event. Everything else comes from the context and the catalogue. */
export interface AuditInput<Details = Readonly<Record<string, unknown>>> {
  readonly outcome?: AuditOutcome | undefined;
  readonly severity?: AuditSeverity | undefined;
  /** For custom names; listed names have the catalogue's category. */
  readonly category?: string | undefined;
  readonly actor?: AuditActorInput | undefined;
  readonly tenantId?: string | undefined;
  readonly resource?: AuditResourceInput | undefined;
  readonly changes?: { readonly before?: unknown; readonly after?: unknown; readonly diff?: unknown } | undefined;
  readonly reason?: string | undefined;
  /** The error that made the action fail: only its name, code and message are kept. Without an outcome, it means `failure`. */
  readonly error?: unknown;
  readonly details?: Details | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
