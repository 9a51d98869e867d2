import type { AuditEvent } from '../../../audit/index.js';

/** A row of `order_timeline`, in the order of its columns. */
export type TimelineRow = readonly [
  id: string,
  orderId: string,
  occurredAt: string,
  type: string,
  outcome: string,
  actorType: string,
  actorId: string | null,
  reason: string | null,
  details: string,
];

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The row of an event; `undefined` when it is about no order that has an id, such as an order that was refused. */
export function timelineRowOf(event: AuditEvent): TimelineRow | undefined {
  const { id, resource, occurredAt, type, outcome, actor, details } = event;
  if (resource?.type !== 'order' || resource.id === undefined || !UUID.test(resource.id)) return undefined;
  const reason = event.reason ?? (typeof details.reason === 'string' ? details.reason : null);
  const detailsJson = JSON.stringify(details);
  return [id, resource.id, occurredAt, type, outcome, actor.type, actor.id ?? null, reason, detailsJson];
}
