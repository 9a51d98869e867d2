import type { AuditActorType, AuditOutcome, AuditSeverity } from './outcomes.js';

/** A JSON value. Everything in an event below `details`, `metadata` and `changes` has this shape. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** The actor of an event: who did it. */
export interface AuditActor {
  readonly type: AuditActorType;
  readonly id?: string;
  readonly name?: string;
  readonly sessionId?: string;
  readonly onBehalfOf?: AuditPrincipal;
}

/** A person for whom an actor acts. */
export interface AuditPrincipal {
  readonly type: AuditActorType;
  readonly id: string;
}

/** The resource of an event: what it was done to. */
export interface AuditResource {
  readonly type: string;
  readonly id?: string;
}

/** The request that caused an event. `durationMs`: from the request's arrival to its response, in milliseconds. */
export interface AuditRequest {
  readonly id?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  readonly method?: string;
  readonly route?: string;
  readonly statusCode?: number;
  readonly durationMs?: number;
  readonly traceId?: string;
}

/** The states before and after, as far as the caller gave them. */
export interface AuditChanges {
  readonly before?: JsonValue;
  readonly after?: JsonValue;
  readonly diff?: JsonValue;
}

/** The error that made the action fail. Never a stack. */
export interface AuditErrorFacts {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
}

/** A contradiction between an event's details and the catalogue. Never contains a value. */
export interface AuditDetailsIssue {
  /** The place, as a JSON Pointer (RFC 6901): `/roleNam`; empty for the details as a whole. */
  readonly path: string;
  readonly message: string;
}

/** One immutable fact, frozen to its last field, plain JSON, at most {@link MAX_EVENT_BYTES} bytes long. */
export interface AuditEvent {
  /** UUIDv7 (RFC 9562); its first 48 bits are the millisecond at which the event was accepted. */
  readonly id: string;
  /** 2: only known facts are sealed as facts; 1: every value without a personal name is. */
  readonly schemaVersion: 1 | 2;
  /** RFC 3339, UTC, milliseconds. */
  readonly occurredAt: string;
  readonly type: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  readonly severity: AuditSeverity;
  readonly actor: AuditActor;
  readonly tenantId?: string;
  readonly resource?: AuditResource;
  readonly request?: AuditRequest;
  readonly changes?: AuditChanges;
  readonly reason?: string;
  readonly error?: AuditErrorFacts;
  readonly details: JsonObject;
  /** Present when the details contradict the catalogue; at most ten. */
  readonly detailsIssues?: readonly AuditDetailsIssue[];
  readonly metadata: JsonObject;
  /** Present when something did not fit and was cut. */
  readonly truncated?: true;
}

/** The largest event, in bytes of its JSON: an entry of the proof format holds 65,535. */
export const MAX_EVENT_BYTES = 60 * 1024;
