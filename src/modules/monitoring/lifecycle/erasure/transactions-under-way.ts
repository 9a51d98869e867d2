import type { LedgerQueries } from '../../store/sessions/ledger-session.js';

/**
 * Every transaction holds the lock of its virtual id, even before it writes, and it may keep events for its commit. The ledger's own
 * sessions keep none.
 */
const UNDER_WAY = `
  SELECT pg_current_xact_id()::text AS horizon, coalesce(json_agg(l.virtualtransaction), '[]') AS transactions
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock' AND a.datname = current_database() AND a.usesysid IS NOT NULL
     AND a.pid <> pg_backend_pid() AND coalesce(a.application_name, '') NOT LIKE 'nestjs-audit-ledger%'`;

/**
 * A snapshot names the writing transactions of all databases of the server. Their locks, or their prepared state, show to which database
 * they belong.
 */
const ARE_UNDER_WAY = `
  SELECT count(*)::int AS transactions FROM (
    SELECT coalesce(l.virtualtransaction, x.id::text) FROM pg_snapshot_xip(pg_current_snapshot()) AS x (id)
      LEFT JOIN pg_locks l
        ON l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid = x.id::xid
      LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      LEFT JOIN pg_prepared_xacts p ON p.transaction = x.id::xid
     WHERE x.id < $1::xid8 AND coalesce(a.datname, p.database, current_database()) = current_database()
    UNION
    SELECT virtualtransaction FROM pg_locks
     WHERE locktype = 'virtualxid' AND granted AND mode = 'ExclusiveLock' AND virtualtransaction = ANY ($2::text[])
    UNION
    SELECT transaction::text FROM pg_prepared_xacts WHERE database = current_database() AND transaction::text = ANY ($2::text[])
  ) AS begun_before`;

const PREPARED = `SELECT transaction::text AS transaction FROM pg_prepared_xacts WHERE database = current_database()`;

/** The transactions that an erasure waits for. */
export interface UnderWay {
  /**
   * A new transaction number: those before it. A snapshot's `xmax` would not do: it follows the last transaction that ended, and may belong
   * to one that is still running.
   */
  readonly horizon: string;
  /** The virtual ids of the running transactions of this database. */
  readonly transactions: readonly string[];
}

/** The transactions of this moment. Rejects with the client's error. */
export async function transactionsUnderWay(session: LedgerQueries): Promise<UnderWay> {
  const [row] = await session.rows(UNDER_WAY);
  return row as unknown as UnderWay; // as the statement makes it
}

/**
 * The numbers of prepared transactions that may have been among these: preparing a transaction removes its virtual id. Empty if no virtual
 * id is given. Rejects with the client's error.
 */
export async function preparedOf(session: LedgerQueries, transactions: readonly string[]): Promise<readonly string[]> {
  if (!transactions.some((id) => id.includes('/'))) return [];
  return (await session.rows(PREPARED)).map(({ transaction }) => String(transaction));
}

/**
 * How many transactions of this database still run that have a number before `horizon`, or one of these virtual ids, or are prepared with
 * one of these numbers. Rejects with the client's error.
 */
export async function countUnderWay(session: LedgerQueries, { horizon, transactions }: UnderWay): Promise<number> {
  const [row] = await session.rows(ARE_UNDER_WAY, [horizon, transactions]);
  return Number(row?.transactions);
}
