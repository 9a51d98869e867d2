import type { AuditEvent } from '../../../audit/index.js';

/** A column of `audit_event`: its name, its type in an array parameter, and where an event has its value. */
interface EventColumn {
  readonly name: string;
  readonly arrayType: 'uuid' | 'timestamptz' | 'text' | 'smallint' | 'inet' | 'float8' | 'boolean';
  /** jsonb travels as text: a client's arrays of JSON are ambiguous. */
  readonly isJson?: true;
  readonly valueOf: (event: AuditEvent) => string | number | boolean | null;
}

/** The columns in the order of the table. The one list that writing and reading go by. */
export const EVENT_COLUMNS: readonly EventColumn[] = [
  { name: 'id', arrayType: 'uuid', valueOf: ({ id }) => id },
  { name: 'schema_version', arrayType: 'smallint', valueOf: ({ schemaVersion }) => schemaVersion },
  { name: 'occurred_at', arrayType: 'timestamptz', valueOf: ({ occurredAt }) => occurredAt },
  { name: 'type', arrayType: 'text', valueOf: ({ type }) => type },
  { name: 'action', arrayType: 'text', valueOf: ({ action }) => action },
  { name: 'outcome', arrayType: 'text', valueOf: ({ outcome }) => outcome },
  { name: 'category', arrayType: 'text', valueOf: ({ category }) => category },
  { name: 'severity', arrayType: 'text', valueOf: ({ severity }) => severity },
  { name: 'actor_type', arrayType: 'text', valueOf: ({ actor }) => actor.type },
  { name: 'actor_id', arrayType: 'text', valueOf: ({ actor }) => actor.id ?? null },
  { name: 'actor_name', arrayType: 'text', valueOf: ({ actor }) => actor.name ?? null },
  { name: 'session_id', arrayType: 'text', valueOf: ({ actor }) => actor.sessionId ?? null },
  { name: 'on_behalf_of', arrayType: 'text', isJson: true, valueOf: ({ actor }) => json(actor.onBehalfOf) },
  { name: 'tenant_id', arrayType: 'text', valueOf: ({ tenantId }) => tenantId ?? null },
  { name: 'resource_type', arrayType: 'text', valueOf: ({ resource }) => resource?.type ?? null },
  { name: 'resource_id', arrayType: 'text', valueOf: ({ resource }) => resource?.id ?? null },
  { name: 'request_id', arrayType: 'text', valueOf: ({ request }) => request?.id ?? null },
  { name: 'ip', arrayType: 'inet', valueOf: ({ request }) => request?.ip ?? null },
  { name: 'user_agent', arrayType: 'text', valueOf: ({ request }) => request?.userAgent ?? null },
  { name: 'method', arrayType: 'text', valueOf: ({ request }) => request?.method ?? null },
  { name: 'route', arrayType: 'text', valueOf: ({ request }) => request?.route ?? null },
  { name: 'status_code', arrayType: 'smallint', valueOf: ({ request }) => request?.statusCode ?? null },
  { name: 'duration_ms', arrayType: 'float8', valueOf: ({ request }) => request?.durationMs ?? null },
  { name: 'trace_id', arrayType: 'text', valueOf: ({ request }) => request?.traceId ?? null },
  { name: 'changes', arrayType: 'text', isJson: true, valueOf: ({ changes }) => json(changes) },
  { name: 'reason', arrayType: 'text', valueOf: ({ reason }) => reason ?? null },
  { name: 'error', arrayType: 'text', isJson: true, valueOf: ({ error }) => json(error) },
  { name: 'details', arrayType: 'text', isJson: true, valueOf: ({ details }) => json(details) },
  { name: 'details_issues', arrayType: 'text', isJson: true, valueOf: ({ detailsIssues }) => json(detailsIssues) },
  { name: 'metadata', arrayType: 'text', isJson: true, valueOf: ({ metadata }) => json(metadata) },
  { name: 'truncated', arrayType: 'boolean', valueOf: ({ truncated }) => truncated ?? false },
];

function json(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
