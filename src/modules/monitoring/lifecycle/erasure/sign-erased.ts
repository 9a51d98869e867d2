import { ERASURE_ACT_TYPE, erasureStatement } from '../../acts/erasure-act.js';
import { eventOfAct, signNext, storeAct, type ActSigner } from '../../acts/store-act.js';
import type { LedgerQueries } from '../../store/ledger-session.js';

const LIST = 'INSERT INTO audit_erased (event_id, act) SELECT unnest($1::uuid[]), $2';
const NOTE_ACT = 'UPDATE audit_erasure SET acts = acts || $2::bigint WHERE id = $1';
const ERASED = `
  SELECT event_id FROM audit_erased WHERE act = ANY ((SELECT acts FROM audit_erasure WHERE id = $1)::bigint[])
  UNION SELECT event_id FROM audit_erasure_list WHERE erasure_id = $1 ORDER BY 1`;

/**
 * Signs which events an erasure erased, and lists them: an act, its event and the list, in the caller's transaction. Of no events,
 * nothing is signed. Rejects with the client's error.
 */
export async function signErased(
  keeper: LedgerQueries,
  { id, eventIds }: { readonly id: string; readonly eventIds: readonly string[] },
  signer: ActSigner,
): Promise<void> {
  if (eventIds.length === 0) return;
  const act = await signNext(keeper, { statement: erasureStatement(id, eventIds), signer });
  const actor = { type: 'system', id: 'erasure' } as const;
  await storeAct(keeper, act, eventOfAct(act, { type: ERASURE_ACT_TYPE, severity: 'info', actor }));
  await keeper.rows(LIST, [eventIds, act.number]);
  await keeper.rows(NOTE_ACT, [id, act.number]);
}

/** The events that an erasure erased, by its acts, and those that it was given as a list; for its certificate. */
export async function erasedEvents(keeper: LedgerQueries, id: string): Promise<readonly string[]> {
  return (await keeper.rows(ERASED, [id])).map((row) => String(row.event_id));
}
