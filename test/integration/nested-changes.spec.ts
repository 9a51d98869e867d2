import { beforeAll, describe, expect, it } from '@jest/globals';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { eventually, kept, testDatabase } from '../support/index.js';
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

it('the outbox lets nobody who may add events choose the times and the transaction of a change', async () => {
  for (const column of ['transaction', 'begun_at', 'changed_at']) {
    await expect(run(`SET ROLE audit_writer; INSERT INTO audit_row_change (${column}) VALUES (NULL)`)).rejects.toThrow(
      'permission denied for table audit_row_change',
    );
  }
});
