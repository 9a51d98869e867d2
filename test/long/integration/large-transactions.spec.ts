import { expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../../src/audit/index.js';
import { reconcileLedger } from '../../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { storeContextKey } from '../../support/context-scene.js';
import { eventually } from '../../support/eventually.js';
import { createTestDatabase } from '../../support/index.js';
import { readChains, type RowChains } from '../../support/row-chains.js';
import { captureTables, startRowChanges } from '../../support/row-changes-scene.js';
import { runSql, withClient } from '../../support/sql.js';

const SESSION_BYTES = `SELECT coalesce(sum(total_bytes), 0)::float8 AS bytes FROM pg_backend_memory_contexts`;

const ROWS = 100;

interface DrainedTransaction extends RowChains {
  /** The peak memory of the session's server process before the commit. */
  readonly sessionBytes: number;
}

/** The drain may take any time, as long as the number of waiting changes falls. */
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

async function drainUpdates(updates: number): Promise<DrainedTransaction> {
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

const MIB = 1024 * 1024;
const AT_ONCE = 250;

it('20,000 one-row updates in a transaction are 20,000 events in their order, and its session stays small', async () => {
  const { events, broken, last, sessionBytes } = await drainUpdates(20_000);
  expect(broken).toEqual([]);
  expect(events).toBe(20_100);
  expect(new Set(Object.values(last))).toEqual(new Set([200]));
  expect(sessionBytes).toBeLessThan(32 * MIB);
});

it.each([
  ['2,000 savepoints one after the other', 2_000, '; RELEASE SAVEPOINT s'],
  ['1,000 savepoints, each within those before', 1_000, ''],
])(
  '%s, of which every second is rolled back, leave the changes of the others, of who made them',
  async (_name, savepoints, end) => {
    const database = await createTestDatabase();
    const scene = await startRowChanges(database);
    const key = randomBytes(32).toString('hex');
    await storeContextKey(database, 'savepoints', key);
    await database.sql('CREATE TABLE counter (id int PRIMARY KEY, n int)');
    await captureTables(database.url, { 'public.counter': {} });
    await database.sql('INSERT INTO counter SELECT i, 0 FROM generate_series(0, 9) i');
    const client = new (auditedPg(pg, { key }).Client)({ connectionString: database.url });
    await client.connect();
    await AuditContext.run({ actor: { type: 'user', id: 'ann' } }, async () => {
      await client.query('BEGIN');
      for (let first = 0; first < savepoints; first += AT_ONCE) {
        const steps = Array.from({ length: AT_ONCE }, (_, nth) => {
          const update = `SAVEPOINT s; UPDATE counter SET n = n + 1 WHERE id = ${((first + nth) >> 1) % 10}`;
          return `${update}${(first + nth) % 2 === 0 ? '' : '; ROLLBACK TO SAVEPOINT s'}${end}`;
        });
        await client.query(steps.join('; '));
      }
      await client.query('COMMIT');
    });
    await client.end();
    await scene.events();
    const { events, broken, last } = await readChains(database.superuserUrl, 'counter');
    expect(broken).toEqual([]);
    expect(events).toBe(10 + savepoints / 2);
    expect(new Set(Object.values(last))).toEqual(new Set([savepoints / 2 / 10]));
    const actors = `SELECT DISTINCT actor_id FROM audit_event WHERE category = 'data_change' AND type = 'row_updated'`;
    expect(await database.superuserSql(actors)).toEqual([{ actor_id: 'ann' }]);
    expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete', findings: [] });
    await scene.close();
    await database.drop();
  },
);

it('a chunk that is longer than any text of JavaScript is parked and named, and holds nothing up', async () => {
  const database = await createTestDatabase();
  await database.sql('CREATE TABLE rate (id int PRIMARY KEY)');
  await captureTables(database.url, { 'public.rate': {} });
  await database.sql(`INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
    VALUES ('INSERT', '{"schema": "public", "table": "rate"}', '{}', 1, 1, repeat('x', 540000000))`);
  await database.sql('INSERT INTO rate VALUES (7)');
  const scene = await startRowChanges(database);
  expect((await scene.events('rate')).map(({ resource }) => resource?.id)).toEqual(['7']);
  expect(scene.drainError()).toBeUndefined();
  const parked = await database.sql('SELECT source, error FROM audit_row_change_parked');
  expect(parked).toEqual([{ source: { schema: 'public', table: 'rate' }, error: expect.stringContaining('540 MB') }]);
  await scene.close();
  await database.drop();
});
