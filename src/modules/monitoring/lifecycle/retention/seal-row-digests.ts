import {
  digestOfKept,
  KEPT_DIGESTS,
  keptDigestsOf,
  ROW_DIGESTS_TYPE,
  rowDigestsOf,
  statementOfRowDigests,
  type KeptDigests,
} from '../../acts/row-digests-act.js';
import { actText } from '../../acts/act-note.js';
import { hasRoom } from '../../store/sessions/has-room.js';
import { eventOfAct, signNext, storeAct, type ActTransaction } from '../../acts/store-act.js';
import type { StatementSigner } from '../../log/notes/statement.js';

const LAST = 'SELECT note FROM audit_act WHERE type = $1 ORDER BY number DESC LIMIT 1';

/** Reads the digests that retention keeps of the rows of captured tables. Rejects with the client's error. */
export async function readKept(session: ActTransaction): Promise<readonly KeptDigests[]> {
  return (await hasRoom(session, 'row-changes')) ? keptDigestsOf(await session.rows(KEPT_DIGESTS)) : [];
}

/**
 * Signs the digests that retention keeps of rows, as an act in the transaction that removed their events. Does nothing if the last act
 * states the same. Call `lockActs` first. Rejects with the client's error.
 *
 * @param before the digest of what was kept before the first event was removed
 */
export async function sealRowDigests(
  session: ActTransaction,
  signer: StatementSigner,
  { retirementId, before }: { readonly retirementId: string; readonly before: string },
): Promise<void> {
  const tables = await readKept(session);
  const [last] = await session.rows(LAST, [ROW_DIGESTS_TYPE]);
  const stated = last && rowDigestsOf(actText(String(last.note)));
  const wasSealed = digestOfKept(stated?.tables ?? []);
  if (before === wasSealed && digestOfKept(tables) === wasSealed) return;
  const statement = statementOfRowDigests({ retirementId, tables, before });
  const act = await signNext(session, { statement, signer });
  const actor = { type: 'system', id: 'retention' } as const;
  await storeAct(session, act, eventOfAct(act, { type: ROW_DIGESTS_TYPE, severity: 'info', actor }));
}
