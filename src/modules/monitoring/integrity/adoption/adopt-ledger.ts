import { uuidv7 } from 'uuidv7';
import type { AuditEvent } from '../../../../audit/index.js';
import { ownEventRules } from '../../access/index.js';
import { insertEvents } from '../../ledger/insert-events.js';
import { sealEvents } from '../../ledger/seal-row.js';
import type { LeaderSession, SignedHistory } from '../sequencer/index.js';
import type { Adoption } from './find-adoption.js';

/** Who adopts, and why. */
export interface AdoptionRequest {
  readonly actorId: string;
  readonly reason: string;
}

/** What an adoption left. */
export interface Adopted {
  /** Of the event `audit_ledger_adopted`. */
  readonly eventId: string;
  /** The file that the checkpoint which was given up is kept in. */
  readonly keptFile: string;
}

const MAKE_PARTITION = 'SELECT audit_event_make_partition(now())';

/**
 * Lets the sequencer go on from what the database has. First the event that says so is stored, to be sealed as the next one of
 * the ledger; then what was signed last is put aside. After a crash in between it can be run again. Rejects with what the
 * client or the system rejects with.
 */
export async function adoptLedger(
  session: LeaderSession,
  history: SignedHistory,
  adoption: Adoption,
  request: AdoptionRequest,
): Promise<Adopted> {
  const event = eventOf(adoption, request);
  const { text, values } = insertEvents(sealEvents([event], ownEventRules));
  await session.inTransaction(async () => {
    await session.rows(MAKE_PARTITION);
    await session.rows(text, values);
  });
  const keptFile = await history.lastSigned.replace(adoption.stored.note, `before-${event.id}`);
  return { eventId: event.id, keptFile };
}

function eventOf({ signed, stored }: Adoption, { actorId, reason }: AdoptionRequest): AuditEvent {
  return {
    id: uuidv7(),
    schemaVersion: 2,
    occurredAt: new Date().toISOString(),
    type: 'audit_ledger_adopted',
    action: 'audit_ledger_adopted',
    outcome: 'success',
    category: 'system',
    severity: 'critical',
    actor: { type: 'admin', id: actorId },
    reason,
    details: {
      oldSize: signed.size,
      oldRoot: Buffer.from(signed.rootHash).toString('base64'),
      newSize: stored.size,
      newRoot: Buffer.from(stored.rootHash).toString('base64'),
    },
    metadata: {},
  };
}
