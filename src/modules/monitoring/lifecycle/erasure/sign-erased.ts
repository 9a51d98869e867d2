import { digestOfEvents, erasureStatement, type CountsByMonth, type ErasedByActs } from '../../acts/erasure-act.js';
import { recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../log/notes/statement.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';
import { type FollowedAct } from '../followed-acts.js';

const LIST = 'INSERT INTO audit_erased (event_id, act) SELECT unnest($1::uuid[]), $2';
const ERASED = 'SELECT act, event_id FROM audit_erased WHERE act = ANY ($1::bigint[])';

/**
 * Signs which events an erasure erased, and lists them: stores an act, its event and the list in the caller's transaction. Without events,
 * it signs nothing. Rejects with the client's error.
 *
 * @param counts of events of the ledger; absent for those of archives
 */
export async function signErased(
  keeper: LedgerQueries,
  {
    id,
    eventIds,
    counts,
  }: { readonly id: string; readonly eventIds: readonly string[]; readonly counts?: CountsByMonth },
  signer: StatementSigner,
): Promise<void> {
  if (eventIds.length === 0) return;
  const statement = erasureStatement(id, eventIds, counts);
  const { number } = await recordAct(keeper, { statement, signer, actor: { type: 'system', id: 'erasure' } });
  await keeper.rows(LIST, [eventIds, number]);
}

/**
 * Reads the events that an erasure erased, by its acts, for its certificate. Rejects with the client's error.
 *
 * @param acts all of the ledger's
 * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`) when the list differs from what the acts state
 */
export async function erasedEvents(
  keeper: LedgerQueries,
  { acts: numbers }: Pick<ErasedByActs, 'acts'>,
  acts: Iterable<FollowedAct>,
): Promise<readonly string[]> {
  const listed = new Map(numbers.map((number) => [number, [] as string[]]));
  for (const row of await keeper.rows(ERASED, [numbers])) listed.get(Number(row.act))?.push(String(row.event_id));
  for (const { number, statement } of acts) {
    const eventIds = listed.get(number);
    if (eventIds && digestOfEvents(eventIds) !== statement.eventsDigest)
      throw ActsContradictedError.create(`other events are said to be erased by act ${number} than it states`);
  }
  return [...new Set([...listed.values()].flat())];
}
