import { ACT_EVENTS, hasAct } from '../keep/acts/act-note.js';
import { parseAdoption, type StatedAdoption } from '../keep/acts/adoption-act.js';
import type { CheckpointTrust } from '../proof/log/notes/checkpoint.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

const LAST = 'SELECT event_id FROM audit_act WHERE type = $1 ORDER BY number DESC LIMIT 1';

/**
 * Resolves with the event id of the ledger's last adoption. The next checkpoints contain this id as their branch. Rejects with the database
 * client's error.
 */
export async function readBranch(session: LedgerSession): Promise<string | undefined> {
  const [row] = await session.rows(LAST, [ACT_EVENTS.adoption.type], 'audit_act_branch');
  return row && String(row.event_id);
}

/** Whether the ledger's key signed an adoption that `isWanted` accepts. Rejects with the error of the PostgreSQL client. */
export async function hasAdoption(
  session: LedgerSession,
  trust: CheckpointTrust,
  isWanted: (adoption: StatedAdoption) => boolean,
): Promise<boolean> {
  return hasAct(session, ACT_EVENTS.adoption.type, trust, (statement) => {
    const adoption = parseAdoption(statement);
    return adoption && isWanted(adoption);
  });
}
