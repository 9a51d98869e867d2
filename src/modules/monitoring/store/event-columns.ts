import type { SealedRow } from './seal-row.js';

/** A column of `audit_event`: its name, its type in an array parameter, and where a sealed event has its value. */
export interface EventColumn {
  readonly name: string;
  readonly arrayType: 'uuid' | 'timestamptz' | 'text' | 'smallint' | 'inet' | 'float8' | 'boolean' | 'bytea';
  /** jsonb travels as text: a client's arrays of JSON are ambiguous. */
  readonly isJson?: true;
  /** What a batch's array leaves out when no row of it has anything else. Default: nulls. */
  readonly orElse?: boolean;
  readonly valueOf: (row: SealedRow) => string | number | boolean | null;
}

/** The columns in the order of the table. The one list that writing and reading go by. */
export const EVENT_COLUMNS: readonly EventColumn[] = [
  { name: 'id', arrayType: 'uuid', valueOf: ({ event }) => event.id },
  { name: 'schema_version', arrayType: 'smallint', valueOf: ({ event }) => event.schemaVersion },
  { name: 'occurred_at', arrayType: 'timestamptz', valueOf: ({ event }) => event.occurredAt },
  { name: 'type', arrayType: 'text', valueOf: ({ event }) => event.type },
  { name: 'action', arrayType: 'text', valueOf: ({ event }) => event.action },
  { name: 'outcome', arrayType: 'text', valueOf: ({ event }) => event.outcome },
  { name: 'category', arrayType: 'text', valueOf: ({ event }) => event.category },
  { name: 'severity', arrayType: 'text', valueOf: ({ event }) => event.severity },
  { name: 'actor_type', arrayType: 'text', valueOf: ({ event }) => event.actor.type },
  { name: 'actor_id', arrayType: 'text', valueOf: ({ event }) => event.actor.id ?? null },
  { name: 'actor_name', arrayType: 'text', valueOf: ({ event }) => event.actor.name ?? null },
  { name: 'session_id', arrayType: 'text', valueOf: ({ event }) => event.actor.sessionId ?? null },
  { name: 'on_behalf_of', arrayType: 'text', isJson: true, valueOf: ({ event }) => json(event.actor.onBehalfOf) },
  { name: 'tenant_id', arrayType: 'text', valueOf: ({ event }) => event.tenantId ?? null },
  { name: 'resource_type', arrayType: 'text', valueOf: ({ event }) => event.resource?.type ?? null },
  { name: 'resource_id', arrayType: 'text', valueOf: ({ event }) => event.resource?.id ?? null },
  { name: 'request_id', arrayType: 'text', valueOf: ({ event }) => event.request?.id ?? null },
  { name: 'ip', arrayType: 'inet', valueOf: ({ event }) => event.request?.ip ?? null },
  { name: 'user_agent', arrayType: 'text', valueOf: ({ event }) => event.request?.userAgent ?? null },
  { name: 'method', arrayType: 'text', valueOf: ({ event }) => event.request?.method ?? null },
  { name: 'route', arrayType: 'text', valueOf: ({ event }) => event.request?.route ?? null },
  { name: 'status_code', arrayType: 'smallint', valueOf: ({ event }) => event.request?.statusCode ?? null },
  { name: 'duration_ms', arrayType: 'float8', valueOf: ({ event }) => event.request?.durationMs ?? null },
  { name: 'trace_id', arrayType: 'text', valueOf: ({ event }) => event.request?.traceId ?? null },
  { name: 'changes', arrayType: 'text', isJson: true, valueOf: ({ changes }) => changes ?? null },
  { name: 'reason', arrayType: 'text', valueOf: ({ event }) => event.reason ?? null },
  { name: 'error', arrayType: 'text', isJson: true, valueOf: ({ error }) => error ?? null },
  { name: 'details', arrayType: 'text', isJson: true, valueOf: ({ details }) => details ?? null },
  { name: 'details_issues', arrayType: 'text', isJson: true, valueOf: ({ detailsIssues }) => detailsIssues ?? null },
  { name: 'metadata', arrayType: 'text', isJson: true, valueOf: ({ metadata }) => metadata ?? null },
  { name: 'truncated', arrayType: 'boolean', orElse: false, valueOf: ({ event }) => event.truncated ?? false },
  { name: 'personal_columns', arrayType: 'smallint', valueOf: ({ personalColumns }) => personalColumns ?? null },
  { name: 'personal', arrayType: 'text', isJson: true, valueOf: ({ personal }) => personal ?? null },
  { name: 'personal_salt', arrayType: 'bytea', valueOf: ({ salt }) => bytes(salt) },
  { name: 'personal_commitment', arrayType: 'bytea', valueOf: ({ commitment }) => bytes(commitment) },
  { name: 'leaf_hash', arrayType: 'bytea', valueOf: ({ leafHash }) => bytes(leafHash) },
];

function json(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** As PostgreSQL reads bytes in an array as well as in JSON. */
function bytes(hex: string | undefined): string | null {
  return hex === undefined ? null : `\\x${hex}`;
}
