import { uuidv7 } from 'uuidv7';
import type { AuditEvent } from '../../../audit/index.js';
import { encodeEntry } from '../integrity/sealing/index.js';
import { LeaderSession } from '../integrity/sequencer/index.js';
import { timeOfId } from '../ledger/id-time.js';
import { insertEvents } from '../ledger/insert-events.js';
import { sealEvents } from '../ledger/seal-row.js';
import type { Retirement } from './retirement.js';

/** The type of the event that says which events were retired, and why. */
export const ANNOUNCEMENT_TYPE = 'audit_events_retired';

/** What that event says: enough to tell, without the events, which are missing rightly. */
export interface AnnouncedRetirement {
  readonly retirementId: string;
  readonly partition: string;
  readonly policy: string;
  /** RFC 3339; all of them are older. */
  readonly cutoff: string;
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly indexesDigest: string;
  readonly archive: string;
}

/** The event that announces a retirement, and its entry. It says nothing of persons. */
export function announcementOf(retirement: Retirement): { readonly id: string; readonly entry: Uint8Array } {
  const { id: retirementId, partition, policy, cutoff, archive } = retirement;
  const { events, firstIndex, lastIndex, indexesDigest } = retirement;
  const details = { retirementId, partition, policy, cutoff: cutoff.toISOString(), archive };
  const event: AuditEvent = {
    id: uuidv7(),
    schemaVersion: 1,
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

/** Stores the event of an entry, once: stored before, it is left alone. Durable when it resolves. Rejects with the client's error. */
export async function storeAnnouncement(connectionUrl: string, entry: Uint8Array): Promise<void> {
  const event = JSON.parse(Buffer.from(entry).toString()) as AuditEvent; // as announcementOf() made it
  const { text, values } = insertEvents(sealEvents([event], () => () => false));
  const session = await LeaderSession.open(connectionUrl);
  try {
    await session.rows('SELECT audit_event_make_partition($1)', [timeOfId(event.id).toISOString()]);
    await session.rows(text, values);
  } finally {
    await session.close();
  }
}
