import { beforeAll, describe, expect, it } from '@jest/globals';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { useSession } from '../../src/monitoring/store/sessions/use-session.js';
import { DrainPace } from '../../src/monitoring/operate/jobs/drain-pace.js';
import { chunkOfRow, type CapturedChunk } from '../../src/rooms/row-changes/captured-chunk.js';
import { orderChanges } from '../../src/rooms/row-changes/isolate-changes.js';
import { takeChanges } from '../../src/rooms/row-changes/read-outbox.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { createTestDatabase, eventually, kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const run = (statement: string) => database.sql(statement);

const AFTER_TRIGGER = `
  CREATE FUNCTION sum_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE rate SET total = NEW.price * 2 WHERE id = NEW.id AND total IS DISTINCT FROM NEW.price * 2;
    RETURN NULL;
  END $$;
  CREATE TRIGGER sum_up AFTER INSERT OR UPDATE ON rate FOR EACH ROW EXECUTE FUNCTION sum_up()`;

describe('changes that an AFTER trigger makes of the row that fired it', () => {
  beforeAll(async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY, price int, total int)');
    await run(AFTER_TRIGGER);
    await captureTables(database.url, { 'public.rate': {} });
  });

  it('come after the change of the statement, as they were made', async () => {
    await run('INSERT INTO rate VALUES (1, 1)');
    await run('UPDATE rate SET price = 5');
    const after = (await scene.events()).map(({ changes }) => changes?.after);
    expect(after).toEqual([
      { id: 1, price: 1, total: null },
      { id: 1, price: 1, total: 2 },
      { id: 1, price: 5, total: 2 },
      { id: 1, price: 5, total: 10 },
    ]);
    expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete', findings: [] });
  });

  it('do so for every row of a statement that more than a batch holds', async () => {
    await run('INSERT INTO rate SELECT i, i FROM generate_series(2, 4101) i');
    await eventually(
      async () => (await run('SELECT count(*)::int AS waiting FROM audit_row_change'))[0]?.waiting === 0,
    );
    expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete', findings: [] });
  });
});

/** Takes everything out of the outbox. Returns each part's size and chunks. */
async function takeAll(
  url: string,
): Promise<readonly { readonly bytes: number; readonly chunks: readonly CapturedChunk[] }[]> {
  return useSession(url, LEADER, {}, async (session) => {
    const parts = [];
    for (;;) {
      const rows = await session.inTransaction(() => takeChanges(session, new DrainPace(), () => undefined));
      if (rows.length === 0) return parts;
      const bytes = rows.reduce((sum, { lines }) => sum + String(lines).length, 0);
      parts.push({ bytes, chunks: orderChanges(rows.map(chunkOfRow), (chunk) => chunk) });
    }
  });
}

it.each([
  ['in the order of each row, if they are few', 200, true],
  ['in parts, each once, if they are too many for the memory', 1_500, false],
])('nested changes of one transaction are taken %s', async (_, rows, isOrdered) => {
  const large = await createTestDatabase();
  await large.sql('CREATE TABLE rate (id int PRIMARY KEY, price int, total int, note text)');
  await large.sql(AFTER_TRIGGER);
  await captureTables(large.url, { 'public.rate': {} });
  await large.sql(
    `INSERT INTO rate SELECT i, i, 0, repeat('x', 10000) FROM generate_series(1, ${rows}) i; UPDATE rate SET price = 2 WHERE id < 9`,
  );
  const [captured] = await large.sql('SELECT sum(changes)::int AS changes FROM audit_row_change');
  const parts = await takeAll(large.url);
  expect(Math.max(...parts.map(({ bytes }) => bytes))).toBeLessThan(17 * 1024 * 1024);
  const lines = parts.flatMap(({ chunks }) => chunks.flatMap((chunk) => chunk.lines));
  expect(lines).toHaveLength(Number(captured?.changes));
  const seen = new Map<unknown, number>();
  for (const { before, after } of isOrdered ? lines : []) {
    expect([after?.id, (before?.price as number | undefined) ?? 0]).toEqual([after?.id, seen.get(after?.id) ?? 0]);
    seen.set(after?.id, Number(after?.price));
  }
  await large.drop();
});

it('the outbox lets nobody who may add events choose the times and the transaction of a change', async () => {
  for (const column of ['transaction', 'begun_at', 'changed_at']) {
    await expect(run(`SET ROLE audit_writer; INSERT INTO audit_row_change (${column}) VALUES (NULL)`)).rejects.toThrow(
      'permission denied for table audit_row_change',
    );
  }
});
