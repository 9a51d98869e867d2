import type { LedgerQueries, LedgerSession } from '../../../store/sessions/ledger-session.js';
import { parseJson, type AuditEvent } from '../../../../audit/nest-free.js';
import { createIdentifierTest, type Person, listSearchTerms } from './match-identifiers.js';
import { hasExtension } from '../../../store/sessions/has-extension.js';

/** A transaction has the lock on its virtual id even before it writes. Transactions of the ledger's own sessions are excluded. */
const SELECT_OPEN_TRANSACTIONS = `
  SELECT pg_current_xact_id()::text AS horizon, coalesce(json_agg(l.virtualtransaction), '[]') AS transactions
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock' AND a.datname = current_database() AND a.usesysid IS NOT NULL
     AND a.pid <> pg_backend_pid() AND coalesce(a.application_name, '') NOT LIKE 'nestjs-audit-ledger%'`;

/**
 * A snapshot lists the writing transactions in all databases of the server. The transaction's lock, or its row in `pg_prepared_xacts`,
 * identifies the database.
 */
const COUNT_OPEN_TRANSACTIONS = `
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

const SELECT_PREPARED = `SELECT transaction::text AS transaction FROM pg_prepared_xacts WHERE database = current_database()`;

interface OpenTransactions {
  /**
   * A new transaction id. The erasure waits for all transactions with a lower id. The `xmax` of a snapshot is unsuitable, because it may be
   * the id of a running transaction.
   */
  readonly horizon: string;
  /** The virtual ids of the transactions that run in this database. */
  readonly transactions: readonly string[];
}

/** Returns the transactions that are running now. Rejects with the error of the PostgreSQL client. */
export async function readOpenTransactions(session: LedgerQueries): Promise<OpenTransactions> {
  const [row] = await session.rows(SELECT_OPEN_TRANSACTIONS);
  return row as unknown as OpenTransactions; // the statement selects these columns
}

/**
 * Returns the ids of all prepared transactions if `transactions` contains a virtual id. A transaction loses its virtual id when it is
 * prepared. Rejects with the error of the PostgreSQL client.
 */
export async function listPreparedTransactions(
  session: LedgerQueries,
  transactions: readonly string[],
): Promise<readonly string[]> {
  if (!transactions.some((id) => id.includes('/'))) return [];
  return (await session.rows(SELECT_PREPARED)).map(({ transaction }) => String(transaction));
}

/**
 * Counts the open transactions in this database with an id below `horizon` or an id in `transactions`. Rejects with the database client's
 * error.
 */
export async function countOpenTransactions(
  session: LedgerQueries,
  { horizon, transactions }: OpenTransactions,
): Promise<number> {
  const [row] = await session.rows(COUNT_OPEN_TRANSACTIONS, [horizon, transactions]);
  return Number(row?.transactions);
}

const SELECT_PARKED = `SELECT number, line FROM audit_parked WHERE number > $1 ORDER BY number LIMIT 20`;

/**
 * If a parked line of the inbox names the person, returns the reason why an erasure has to wait; otherwise `undefined`. Rejects with the
 * error of the PostgreSQL client.
 */
export async function findParkedProblem(
  session: LedgerSession,
  { subjectId, identifiers }: Person,
): Promise<string | undefined> {
  const isNaming = createIdentifierTest(identifiers);
  for (let after: unknown = 0; ;) {
    const rows = await session.rows(SELECT_PARKED, [after]);
    for (const { number, line } of rows)
      if (
        String(line)
          .split('\n')
          .some((each) => isLineAbout(each, subjectId, isNaming))
      )
        return `the parked line ${String(number)} of the inbox names the person. Read its reason, and retry or discard it with nestjs-audit-ledger seal parked`;
    const last = rows.at(-1);
    if (!last) return undefined;
    after = last.number;
  }
}

function isLineAbout(line: string, subjectId: string, isNaming: (value: unknown) => boolean): boolean {
  try {
    const parsed: unknown = parseJson(line);
    const { event } = Object(parsed) as { readonly event?: unknown }; // Object() returns an object
    if (event === undefined) return line.includes(subjectId) || isNaming(parsed);
    const { actor, resource } = Object(event) as Partial<AuditEvent>; // absent, or checked by ===
    const ids = [actor?.id, actor?.onBehalfOf?.id, resource?.id];
    return ids.includes(subjectId) || isNaming(parsed);
  } catch {
    return line.includes(subjectId) || isNaming(line);
  }
}

const HAS_PENDING_CHANGES = 'SELECT EXISTS (SELECT FROM audit_row_change WHERE transaction < $1::text::xid8) AS waits';
const SELECT_PARKED_ABOUT =
  'SELECT position, texts, is_of FROM audit_row_parked_about($1::text, $2::text[], $3::text::xid8, $4::bigint, $5::integer)';

/** A row may have hundreds of kilobytes. */
const PAGE_SIZE = 20;

const FIRST_POSITION = '-9223372036854775808';

/**
 * If the ledger still lacks captured row changes about the person from transactions before the horizon, returns the reason. Returns
 * `undefined` if the ledger has all such changes. Rejects with the error of the PostgreSQL client.
 */
export async function findPendingChangesProblem(
  session: LedgerSession,
  { subjectId, identifiers }: Person,
  horizon: string,
): Promise<string | undefined> {
  return session.inTransaction(async () => {
    if (!(await hasExtension(session, 'row-changes'))) return undefined;
    const [row] = await session.rows(HAS_PENDING_CHANGES, [horizon]);
    if (row?.waits === true)
      return 'row changes are waiting in the outbox. Run an application with RowChangesModule, which stores them';
    const needles = listSearchTerms(identifiers);
    const isNaming = createIdentifierTest(identifiers);
    for (let after = FIRST_POSITION; ;) {
      const rows = await session.rows(SELECT_PARKED_ABOUT, [subjectId, needles, horizon, after, PAGE_SIZE]);
      if (rows.some((row) => row.is_of === true || isNaming(row.texts)))
        return 'parked row changes name the person. Fix the problem that the log reports, then run "nestjs-audit-ledger capture retry"';
      const last = rows.at(-1);
      if (!last) return undefined;
      after = String(last.position);
    }
  }, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
}
