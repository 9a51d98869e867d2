import { uuidv7 } from 'uuidv7';
import type { AuditEvent } from '../../../audit/index.js';
import { signAct } from '../acts/index.js';
import type { ArchiveSigner } from '../archive/index.js';
import { verifyCheckpoint } from '../integrity/notes/index.js';
import { encodeEntry } from '../integrity/sealing/index.js';
import { RETIREMENT_ACT } from '../integrity/verify/index.js';
import type { Retirement } from './retirement.js';
import { storeEvent } from './store-event.js';
import { parseJson } from '../../../audit/index.js';

/** The type of the event that says which events were retired, and why. */
export const ANNOUNCEMENT_TYPE = 'audit_events_retired';

/** What a retirement's archive was written of. */
export interface ArchivedRetirement {
  /** The note of the ledger's newest checkpoint then, which the act is bound to. */
  readonly checkpoint: string;
  /** Of its manifest. */
  readonly idsDigest: string;
}

/**
 * The event that announces a retirement, and its entry: a signed act of the ledger. It says nothing of persons.
 *
 * @param archived what its archive was written of
 */
export function announcementOf(
  retirement: Retirement,
  { checkpoint: newest, idsDigest }: ArchivedRetirement,
  { signText, trust }: ArchiveSigner,
): { readonly id: string; readonly entry: Uint8Array } {
  const { id: retirementId, partition, policy, cutoff, archive } = retirement;
  const { events, firstIndex, lastIndex, indexesDigest } = retirement;
  const said = { retirementId, partition, policy, cutoff: cutoff.toISOString(), archive };
  const details = { ...said, events, firstIndex, lastIndex, indexesDigest, idsDigest };
  const head = verifyCheckpoint(newest, trust).checkpoint;
  const act = signAct(trust.origin, { head, statement: { ...details, act: RETIREMENT_ACT } }, signText);
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
    details: { ...details, act },
    metadata: {},
  };
  return { id: event.id, entry: encodeEntry(event) };
}

/** Stores the event of an entry, once. Durable when it resolves. Rejects with the client's error. */
export async function storeAnnouncement(connectionUrl: string, entry: Uint8Array): Promise<void> {
  const event = parseJson(Buffer.from(entry).toString()) as AuditEvent; // as announcementOf() made it
  await storeEvent(connectionUrl, event);
}
