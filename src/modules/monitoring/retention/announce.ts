import { uuidv7 } from 'uuidv7';
import type { AuditEvent } from '../../../audit/index.js';
import { encodeEntry } from '../integrity/sealing/index.js';
import type { Retirement } from './retirement.js';
import { storeEvent } from './store-event.js';
import { parseJson } from '../../../audit/index.js';

/** The type of the event that says which events were retired, and why. */
export const ANNOUNCEMENT_TYPE = 'audit_events_retired';

/** The event that announces a retirement, and its entry. It says nothing of persons. */
export function announcementOf(retirement: Retirement): { readonly id: string; readonly entry: Uint8Array } {
  const { id: retirementId, partition, policy, cutoff, archive } = retirement;
  const { events, firstIndex, lastIndex, indexesDigest } = retirement;
  const details = { retirementId, partition, policy, cutoff: cutoff.toISOString(), archive };
  const event: AuditEvent = {
    id: uuidv7(),
    schemaVersion: 2,
    occurredAt: new Date().toISOString(),
    type: ANNOUNCEMENT_TYPE,
    action: ANNOUNCEMENT_TYPE,
    outcome: 'success',
    category: 'system',
    severity: 'info',
    actor: { type: 'system', id: 'retention' },
    reason: 'retention',
    details: { ...details, events, firstIndex, lastIndex, indexesDigest },
    metadata: {},
  };
  return { id: event.id, entry: encodeEntry(event) };
}

/** Stores the event of an entry, once. Durable when it resolves. Rejects with the client's error. */
export async function storeAnnouncement(connectionUrl: string, entry: Uint8Array): Promise<void> {
  const event = parseJson(Buffer.from(entry).toString()) as AuditEvent; // as announcementOf() made it
  await storeEvent(connectionUrl, event);
}
