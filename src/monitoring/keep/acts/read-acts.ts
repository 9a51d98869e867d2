import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { actOf, type ActStatement } from './act-note.js';

/**
 * Reads the notes of all stored acts of one type. The caller must verify the notes' signatures. Rejects with the errors of the PostgreSQL
 * client.
 */
export async function readActs(session: LedgerQueries, type: string): Promise<readonly string[]> {
  const rows = await session.rows('SELECT note FROM audit_act WHERE type = $1 ORDER BY event_id', [type]);
  return rows.map(({ note }) => String(note));
}

/** Whether a trusted key signed an act of the type that `isWanted` accepts. Rejects with the error of the PostgreSQL client. */
export async function hasAct(
  session: LedgerQueries,
  type: string,
  trust: CheckpointTrust,
  isWanted: (statement: ActStatement) => boolean | undefined,
): Promise<boolean> {
  return (await readActs(session, type)).some((note) => {
    const act = actOf(note, trust);
    return act && isWanted(act.statement);
  });
}
