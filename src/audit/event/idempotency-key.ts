import { createHash } from 'node:crypto';
import type { AuditEvent } from './audit-event.js';
import { eventBytes, noteBytes } from './event-bytes.js';

const ONCE_BYTES = 75;

/** Returns the event with {@link AuditEvent.once}. The key is hashed with the type and the tenant, so other types may use the same key. */
export function withIdempotencyKey(event: AuditEvent, key: string): AuditEvent {
  const scoped = JSON.stringify([event.type, event.tenantId ?? null, key]);
  const keyed = { ...event, once: createHash('sha256').update(scoped).digest('hex') };
  noteBytes(keyed, eventBytes(event) + ONCE_BYTES);
  return Object.freeze(keyed);
}
