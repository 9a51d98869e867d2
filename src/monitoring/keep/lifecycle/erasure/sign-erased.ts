import {
  digestEventIds,
  buildErasureStatement,
  type CountsByMonth,
  type ErasedByActs,
} from '../../acts/erasure-act.js';
import { recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../../proof/log/notes/statement.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import type { VerifiedAct } from '../verified-acts.js';
import { SYSTEM_ACTOR } from './erasure-requests.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

const SIGN_PAGE_SIZE = 10_000;
const INSERT_ERASED = 'INSERT INTO audit_erased (event_id, act) SELECT unnest($1::uuid[]), $2';
const SELECT_ERASED = 'SELECT act, event_id FROM audit_erased WHERE act = ANY ($1::bigint[])';

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
  session: LedgerQueries,
  { id, eventIds, counts }: ErasedEvents,
  signer: StatementSigner,
): Promise<void> {
  for (let first = 0; first < eventIds.length; first += SIGN_PAGE_SIZE) {
    const signed = eventIds.slice(first, first + SIGN_PAGE_SIZE);
    const statement = buildErasureStatement(id, signed, counts);
    const { number } = await recordAct(session, { statement, signer, actor: SYSTEM_ACTOR });
    await session.rows(INSERT_ERASED, [signed, number]);
  }
}

/**
 * Reads the ids of the erased events for the certificate of an erasure. Rejects with the error of the PostgreSQL client.
 *
 * @param acts all acts of the ledger
 * @throws `AUDIT_ACTS_CONTRADICTED` if the stored ids do not match the digest in an act
 */
export async function erasedEvents(
  session: LedgerQueries,
  { acts: numbers }: Pick<ErasedByActs, 'acts'>,
  acts: Iterable<VerifiedAct>,
): Promise<readonly string[]> {
  const listed = new Map(numbers.map((number) => [number, [] as string[]]));
  for (const row of await session.rows(SELECT_ERASED, [numbers]))
    listed.get(Number(row.act))?.push(String(row.event_id));
  for (const { number, statement } of acts) {
    const eventIds = listed.get(number);
    if (eventIds && digestEventIds(eventIds) !== statement.eventsDigest)
      throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the list of erased events does not match act ${number}`);
  }
  return [...new Set([...listed.values()].flat())];
}
