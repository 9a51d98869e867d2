import type { AuditEvent } from '../../../audit/index.js';
import { EVENT_COLUMNS } from './event-columns.js';

/** A row as the client returns it: JSON parsed, times as `Date`, `inet` and `uuid` as text. */
export type LedgerRow = Readonly<Record<string, unknown>>;

/** The columns of a look-up; `host()`, since an `inet`'s own text form may end in a mask. */
export const LEDGER_COLUMNS = EVENT_COLUMNS.map(({ name }) => (name === 'ip' ? 'host(ip) AS ip' : name)).join(', ');

/** The event that a row was made from. */
export function eventOfRow(row: LedgerRow): AuditEvent {
  const event = {
    id: row.id,
    schemaVersion: row.schema_version,
    occurredAt: row.occurred_at instanceof Date ? row.occurred_at.toISOString() : row.occurred_at,
    type: row.type,
    action: row.action,
    outcome: row.outcome,
    category: row.category,
    severity: row.severity,
    actor: present({
      type: row.actor_type,
      id: row.actor_id,
      name: row.actor_name,
      sessionId: row.session_id,
      onBehalfOf: row.on_behalf_of,
    }),
    tenantId: row.tenant_id,
    resource: presentOrNone({ type: row.resource_type, id: row.resource_id }),
    request: presentOrNone({
      id: row.request_id,
      ip: row.ip,
      userAgent: row.user_agent,
      method: row.method,
      route: row.route,
      statusCode: row.status_code,
      durationMs: row.duration_ms,
      traceId: row.trace_id,
    }),
    changes: row.changes,
    reason: row.reason,
    error: row.error,
    details: row.details,
    detailsIssues: row.details_issues,
    metadata: row.metadata,
    truncated: row.truncated === true ? true : undefined,
  };
  return present(event) as unknown as AuditEvent; // the table's constraints and its one writer keep it of this shape
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function presentOrNone(fields: Record<string, unknown>): Record<string, unknown> | undefined {
  const some = present(fields);
  return Object.keys(some).length > 0 ? some : undefined;
}
