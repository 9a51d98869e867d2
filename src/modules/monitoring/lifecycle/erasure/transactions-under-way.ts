import type { LedgerQueries } from '../../store/ledger-session.js';

/**
 * Every transaction holds the lock of its virtual id, also one that has written nothing yet: it may keep events for its commit. The ledger's own
 * sessions keep none.
 */
const UNDER_WAY = `
  SELECT coalesce(json_agg(l.virtualtransaction), '[]') AS transactions FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock' AND a.datname = current_database() AND a.usesysid IS NOT NULL
     AND a.pid <> pg_backend_pid() AND coalesce(a.application_name, '') NOT LIKE 'nestjs-audit-ledger%'`;
const ARE_UNDER_WAY = `
  SELECT count(*)::int AS transactions FROM pg_locks
   WHERE locktype = 'virtualxid' AND granted AND mode = 'ExclusiveLock' AND virtualtransaction = ANY ($1::text[])`;

/** The virtual ids of the transactions that are under way. Rejects with the client's error. */
export async function transactionsUnderWay(session: LedgerQueries): Promise<readonly string[]> {
  const [row] = await session.rows(UNDER_WAY);
  return (row?.transactions ?? []) as readonly string[]; // as the statement makes them
}

/** How many of these are under way. Rejects with the client's error. */
export async function countUnderWay(session: LedgerQueries, transactions: readonly string[]): Promise<number> {
  const [row] = await session.rows(ARE_UNDER_WAY, [transactions]);
  return Number(row?.transactions);
}
