import { createHash } from 'node:crypto';
import type { AuditEvent } from './audit-event.js';
import { measureEvent, noteBytes } from './event-bytes.js';

const KEY_FIELD_BYTES = 75;

/** Returns the event with {@link AuditEvent.once}. The key is hashed with the type and the tenant, so other types may use the same key. */
export function addIdempotencyKey(event: AuditEvent, key: string): AuditEvent {
  const scoped = JSON.stringify([event.type, event.tenantId ?? null, key]);
  const keyed = { ...event, once: createHash('sha256').update(scoped).digest('hex') };
  noteBytes(keyed, measureEvent(event) + KEY_FIELD_BYTES);
  return Object.freeze(keyed);
}
