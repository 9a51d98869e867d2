import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';

/** A transaction has the lock on its virtual id even before it writes. Transactions of the ledger's own sessions are excluded. */
const UNDER_WAY = `
  SELECT pg_current_xact_id()::text AS horizon, coalesce(json_agg(l.virtualtransaction), '[]') AS transactions
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock' AND a.datname = current_database() AND a.usesysid IS NOT NULL
     AND a.pid <> pg_backend_pid() AND coalesce(a.application_name, '') NOT LIKE 'nestjs-audit-ledger%'`;

/**
 * A snapshot lists the writing transactions in all databases of the server. The transaction's lock, or its row in `pg_prepared_xacts`,
 * identifies the database.
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

export interface UnderWay {
  /**
   * A new transaction id. The erasure waits for all transactions with a lower id. The `xmax` of a snapshot is unsuitable, because it may be
   * the id of a running transaction.
   */
  readonly horizon: string;
  /** The virtual ids of the transactions that run in this database. */
  readonly transactions: readonly string[];
}

/** Returns the transactions that are running now. Rejects with the error of the PostgreSQL client. */
export async function transactionsUnderWay(session: LedgerQueries): Promise<UnderWay> {
  const [row] = await session.rows(UNDER_WAY);
  return row as unknown as UnderWay; // the statement selects these columns
}

/**
 * Returns the ids of all prepared transactions if `transactions` contains a virtual id. A transaction loses its virtual id when it is
 * prepared. Rejects with the error of the PostgreSQL client.
 */
export async function preparedOf(session: LedgerQueries, transactions: readonly string[]): Promise<readonly string[]> {
  if (!transactions.some((id) => id.includes('/'))) return [];
  return (await session.rows(PREPARED)).map(({ transaction }) => String(transaction));
}

/**
 * Counts the open transactions in this database with an id below `horizon` or an id in `transactions`. Rejects with the database client's
 * error.
 */
export async function countUnderWay(session: LedgerQueries, { horizon, transactions }: UnderWay): Promise<number> {
  const [row] = await session.rows(ARE_UNDER_WAY, [horizon, transactions]);
  return Number(row?.transactions);
}
