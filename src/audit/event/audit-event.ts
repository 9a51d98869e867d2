import type { AuditDetailsIssue } from '../../base/errors/audit.error.js';
import type { AuditActorType, AuditOutcome, AuditSeverity } from '../../base/event/outcomes.js';
import type { AuditRequest } from '../../base/event/request-fields.js';

/** A JSON value: the type of each value within an event's `details`, `metadata` and `changes`. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** The actor of an event. */
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

/** The resource that the action of an event affects. */
export interface AuditResource {
  readonly type: string;
  readonly id?: string;
  /** The resource's name as people know it. Always personal, because it may be the name of a person. */
  readonly name?: string;
}

/** The state before the action, the state after it, and their differences. */
export interface AuditChanges {
  readonly before?: JsonValue;
  readonly after?: JsonValue;
  readonly diff?: JsonValue;
}

/** The error that made the action fail, without its stack. */
export interface AuditErrorFacts {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
}

/** One immutable fact: deeply frozen plain JSON of at most {@link MAX_EVENT_BYTES} bytes. */
export interface AuditEvent {
  /** A UUIDv7 (RFC 9562). The first 48 bits are the time of acceptance, in milliseconds. */
  readonly id: string;
  /** In version 2, only known facts are sealed as facts. In version 1, every value is sealed as a fact, except under a personal name. */
  readonly schemaVersion: 1 | 2;
  /** The time in RFC 3339, in UTC, with milliseconds. */
  readonly occurredAt: string;
  readonly type: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  readonly severity: AuditSeverity;
  readonly actor: AuditActor;
  readonly tenantId?: string;
  readonly resource?: AuditResource;
  /** Further resources that the event is about, at most {@link MAX_RELATED}. */
  readonly related?: readonly AuditResource[];
  readonly request?: AuditRequest;
  readonly changes?: AuditChanges;
  readonly reason?: string;
  readonly error?: AuditErrorFacts;
  readonly details: JsonObject;
  /** The contradictions between the details and the catalogue, at most ten; missing if the details fit. */
  readonly detailsIssues?: readonly AuditDetailsIssue[];
  readonly metadata: JsonObject;
  /** Set if a value was cut to fit. */
  readonly truncated?: true;
  /**
   * SHA-256 of the event's type, its tenant and the call's `idempotencyKey`, in hexadecimal. Of the events with the same hash within 24 hours,
   * the ledger seals one. The hash is not sealed.
   */
  readonly once?: string;
}

/** The maximum number of an event's further resources. */
export const MAX_RELATED = 20;

/** The maximum size of an event's JSON. An event must fit into an entry of the proof format, which holds at most 65,535 bytes. */
export const MAX_EVENT_BYTES = 60 * 1024;
