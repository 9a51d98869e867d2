import { digestOfEvents, erasureStatement, type CountsByMonth, type ErasedByActs } from '../../acts/erasure-act.js';
import { recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../../proof/log/notes/statement.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import type { FollowedAct } from '../followed-acts.js';
import { ITSELF } from './requests.js';
import { keepErrors } from '../../../errors/keep.errors.js';

const SIGNED_AT_ONCE = 10_000;
const LIST = 'INSERT INTO audit_erased (event_id, act) SELECT unnest($1::uuid[]), $2';
const ERASED = 'SELECT act, event_id FROM audit_erased WHERE act = ANY ($1::bigint[])';

export interface ErasedEvents {
  readonly id: string;
  readonly eventIds: readonly string[];
  /** The counts of the events by month, for at most 10,000 events in the ledger; absent for events in archives. */
  readonly counts?: CountsByMonth;
}

/**
 * Signs the ids of erased events. Stores the acts, the events about the acts, and the erased ids in the caller's transaction. Each act
 * covers at most 10,000 events. Rejects with the error of the PostgreSQL client.
 */
export async function signErased(
  custodian: LedgerQueries,
  { id, eventIds, counts }: ErasedEvents,
  signer: StatementSigner,
): Promise<void> {
  for (let first = 0; first < eventIds.length; first += SIGNED_AT_ONCE) {
    const signed = eventIds.slice(first, first + SIGNED_AT_ONCE);
    const statement = erasureStatement(id, signed, counts);
    const { number } = await recordAct(custodian, { statement, signer, actor: ITSELF });
    await custodian.rows(LIST, [signed, number]);
  }
}

/**
 * Reads the ids of the erased events for the certificate of an erasure. Rejects with the error of the PostgreSQL client.
 *
 * @param acts all acts of the ledger
 * @throws `AUDIT_ACTS_CONTRADICTED` if the stored ids do not match the digest in an act
 */
export async function erasedEvents(
  custodian: LedgerQueries,
  { acts: numbers }: Pick<ErasedByActs, 'acts'>,
  acts: Iterable<FollowedAct>,
): Promise<readonly string[]> {
  const listed = new Map(numbers.map((number) => [number, [] as string[]]));
  for (const row of await custodian.rows(ERASED, [numbers])) listed.get(Number(row.act))?.push(String(row.event_id));
  for (const { number, statement } of acts) {
    const eventIds = listed.get(number);
    if (eventIds && digestOfEvents(eventIds) !== statement.eventsDigest)
      throw keepErrors.AUDIT_ACTS_CONTRADICTED(`the list of erased events does not match act ${number}`);
  }
  return [...new Set([...listed.values()].flat())];
}
