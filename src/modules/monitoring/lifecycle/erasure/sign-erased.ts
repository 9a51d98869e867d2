import { digestOfEvents, erasureStatement, type CountsByMonth, type ErasedByActs } from '../../acts/erasure-act.js';
import { recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../log/notes/statement.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';
import type { FollowedAct } from '../followed-acts.js';
import { ITSELF } from './erasure-records.js';

/** The number of events that one act covers. */
const SIGNED_AT_ONCE = 10_000;
const LIST = 'INSERT INTO audit_erased (event_id, act) SELECT unnest($1::uuid[]), $2';
const ERASED = 'SELECT act, event_id FROM audit_erased WHERE act = ANY ($1::bigint[])';

/** Events that an erasure erased. */
export interface ErasedEvents {
  /** Of the erasure. */
  readonly id: string;
  readonly eventIds: readonly string[];
  /** For events of the ledger, at most 10,000; absent for those of archives. */
  readonly counts?: CountsByMonth;
}

/**
 * Signs which events an erasure erased, and lists them: stores an act for each 10,000, its event and the list in the caller's transaction.
 * Without events, it signs nothing. Rejects with the client's error.
 */
export async function signErased(
  keeper: LedgerQueries,
  { id, eventIds, counts }: ErasedEvents,
  signer: StatementSigner,
): Promise<void> {
  for (let first = 0; first < eventIds.length; first += SIGNED_AT_ONCE) {
    const signed = eventIds.slice(first, first + SIGNED_AT_ONCE);
    const statement = erasureStatement(id, signed, counts);
    const { number } = await recordAct(keeper, { statement, signer, actor: ITSELF });
    await keeper.rows(LIST, [signed, number]);
  }
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
