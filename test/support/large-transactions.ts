import { eventually } from './eventually.js';
import { readChains, type RowChains } from './row-chains.js';
import { captureTables, startRowChanges } from './row-changes-scene.js';
import { runSql, withClient } from './sql.js';
import { createTestDatabase } from './test-database.js';

const SESSION_BYTES = `SELECT coalesce(sum(total_bytes), 0)::float8 AS bytes FROM pg_backend_memory_contexts`;

/** How often a transaction changes each of so many rows. */
const ROWS = 100;

/** What became of a transaction of many statements that each change one row. */
export interface DrainedTransaction extends RowChains {
  /** The most bytes that the session's process of the server used, before the transaction was committed. */
  readonly sessionBytes: number;
}

/** However long it takes, as long as fewer and fewer changes wait. */
async function drained(superuserUrl: string): Promise<void> {
  let before = Infinity;
  while (before > 0) {
    before = await eventually(async () => {
      const [row] = await runSql(superuserUrl, 'SELECT count(*)::int AS waiting FROM audit_row_change');
      const waiting = Number(row?.waiting);
      return waiting < before || waiting === 0 ? { waiting } : undefined;
    }).then(({ waiting }) => waiting);
  }
}

/** Makes one transaction of so many one-row updates, drains it, and reads what the ledger has of it. */
export async function drainUpdates(updates: number): Promise<DrainedTransaction> {
  const database = await createTestDatabase();
  const scene = await startRowChanges(database);
  try {
    await database.sql('CREATE TABLE counter (id int PRIMARY KEY, n int) WITH (fillfactor = 10)');
    await captureTables(database.url, { 'public.counter': {} });
    await database.sql(`INSERT INTO counter SELECT i, 0 FROM generate_series(0, ${ROWS - 1}) i`);
    const sessionBytes = await withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(
        `DO $$ BEGIN FOR i IN 0..${updates - 1} LOOP UPDATE counter SET n = n + 1 WHERE id = i % ${ROWS}; END LOOP; END $$`,
      );
      const { rows } = await client.query<{ bytes: number }>(SESSION_BYTES);
      await client.query('COMMIT');
      return rows[0]?.bytes ?? 0;
    });
    await drained(database.superuserUrl);
    return { ...(await readChains(database.superuserUrl, 'counter')), sessionBytes };
  } finally {
    await scene.close();
    await database.drop();
  }
}
