import { HASH_BYTES } from '../proof/log/merkle/hashes.js';
import type { StoredEvent } from '../store/seal-row.js';
import { SELECT_FIRST_LED_AT } from '../store/ledger-state.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

const INSERT_LEAVES = `
  INSERT INTO audit_leaf (index, event_id, leaf_hash)
    SELECT $1::bigint - 1 + nth, event_id, substring($3::bytea FROM ${HASH_BYTES} * (nth::int - 1) + 1 FOR ${HASH_BYTES})
      FROM unnest($2::uuid[]) WITH ORDINALITY AS placed (event_id, nth)`;

const OLDEST = `
  SELECT floor(extract(epoch FROM oldest) * 1000) AS stored_at,
         extract(epoch FROM clock_timestamp() - greatest(oldest, (${SELECT_FIRST_LED_AT})))::float8 AS waited
    FROM (SELECT min(least(greatest(stored_at, 'epoch'), clock_timestamp())) AS oldest FROM audit_inbox) AS waiting
   WHERE oldest IS NOT NULL`;

/**
 * When the oldest waiting event was stored, and how long the event has waited by the server's clock. The time before the first leader of the
 * ledger does not count, because nothing could seal the event.
 */
export interface OldestPending {
  readonly storedAt: Date;
  readonly waitedSeconds: number;
}

/** Returns the times of the oldest waiting event; `undefined` if no event waits. */
export async function readOldestPending(session: LedgerSession): Promise<OldestPending | undefined> {
  const [row] = await session.rows(OLDEST);
  if (typeof row?.waited !== 'number') return undefined;
  return { storedAt: new Date(Number(row.stored_at)), waitedSeconds: Math.floor(row.waited) };
}

export async function insertLeaves(
  session: LedgerSession,
  firstIndex: number,
  sealed: readonly StoredEvent[],
): Promise<void> {
  const ids = sealed.map(({ event }) => event.id);
  const hashes = Buffer.from(sealed.map(({ leafHash }) => leafHash).join(''), 'hex');
  await session.rows(INSERT_LEAVES, [firstIndex, ids, hashes], 'audit_leaf_place');
}
