import type { AuditEvent } from '../../../audit/index.js';

/** A row of `admin_audit_log`, in the order of its columns. */
export type AdminLogRow = readonly [
  id: string,
  occurredAt: string,
  adminUserId: string,
  action: string,
  outcome: string,
  targetType: string | null,
  targetId: string | null,
  details: string,
  ipAddress: string | null,
  userAgent: string | null,
  requestId: string | null,
];

/** The row of an event; `undefined` when nobody knows by whom it was. */
export function adminLogRowOf(event: AuditEvent): AdminLogRow | undefined {
  const { id, occurredAt, actor, action, outcome, resource, request } = event;
  if (actor.id === undefined) return undefined;
  const target = [resource?.type ?? null, resource?.id ?? null] as const;
  const details = JSON.stringify(event.details);
  const origin = [request?.ip ?? null, request?.userAgent ?? null, request?.id ?? null] as const;
  return [id, occurredAt, actor.id, action, outcome, ...target, details, ...origin];
}
