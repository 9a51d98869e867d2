import { actOf } from '../acts/act-note.js';
import { ACT_EVENTS } from '../acts/act-types.js';
import { adoptionOf, givesUp, type StatedAdoption } from '../acts/adoption-act.js';
import type { Checkpoint, CheckpointTrust } from '../log/notes/checkpoint.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

const LAST = 'SELECT event_id FROM audit_act WHERE type = $1 ORDER BY number DESC LIMIT 1';
const NOTES = 'SELECT event_id, note FROM audit_act WHERE type = $1 ORDER BY number';

/**
 * Reads the last adoption of the ledger, by its event's id; its next checkpoints belong to this branch. Rejects with the client's error.
 */
export async function readBranch(session: LedgerSession): Promise<string | undefined> {
  const [row] = await session.rows(LAST, [ACT_EVENTS.adoption.type], 'audit_act_branch');
  return row && String(row.event_id);
}

/** A signed adoption, and the event that carries it. */
export interface StoredAdoption {
  readonly eventId: string;
  readonly adoption: StatedAdoption;
}

/** Finds the adoption whose signed act gives up a head that the ledger does not continue. Rejects with the client's error. */
export async function adoptionGivingUp(
  session: LedgerSession,
  trust: CheckpointTrust,
  head: Checkpoint,
): Promise<StoredAdoption | undefined> {
  for (const { event_id: eventId, note } of await session.rows(NOTES, [ACT_EVENTS.adoption.type])) {
    const act = actOf(String(note), trust);
    const adoption = act && adoptionOf(act.statement);
    if (adoption && givesUp(adoption, head)) return { eventId: String(eventId), adoption };
  }
  return undefined;
}
