import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { captureTables, startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';
import { runSql, withClient } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let scene: RowChangesScene;

beforeEach(async () => {
  database = await createTestDatabase();
  scene = await startRowChanges(database);
});

afterEach(async () => {
  await scene.close();
  await database.drop();
});

const run = (statement: string, values: readonly unknown[] = []) => runSql(database.url, statement, values);
const inTransaction = (work: (client: pg.Client) => Promise<void>) =>
  withClient(database.url, async (client) => {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  });

describe('a captured table', () => {
  it('makes an event of each changed row, with what it was before and after', async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY, price numeric(10,2) NOT NULL, label text)');
    await captureTables(database.url, { 'public.rate': { resource: 'rate' } });
    await run(`INSERT INTO rate VALUES (1, 12.30, 'Ada'), (2, 5, NULL)`);
    await run('UPDATE rate SET price = 12.40 WHERE id = 1');
    await run('DELETE FROM rate WHERE id = 2');
    const events = await scene.events();
    expect(events.map(({ type, resource, changes }) => [type, resource, changes])).toEqual([
      ['row_inserted', { type: 'rate', id: '1' }, { after: { id: 1, price: '12.30', label: 'Ada' } }],
      ['row_inserted', { type: 'rate', id: '2' }, { after: { id: 2, price: '5.00', label: null } }],
      [
        'row_updated',
        { type: 'rate', id: '1' },
        {
          before: { id: 1, price: '12.30', label: 'Ada' },
          after: { id: 1, price: '12.40', label: 'Ada' },
          diff: [{ path: '/price', from: '12.30', to: '12.40' }],
        },
      ],
      ['row_deleted', { type: 'rate', id: '2' }, { before: { id: 2, price: '5.00', label: null } }],
    ]);
    expect(events[2]).toMatchObject({
      category: 'data_change',
      actor: { type: 'service', id: 'app' },
      details: {
        schema: 'public',
        table: 'rate',
        operation: 'UPDATE',
        key: { id: 1 },
        role: 'app',
        unattributed: true,
        transaction: expect.stringMatching(/^\d+$/),
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  it('leaves nothing of a change that is rolled back', async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY)');
    await captureTables(database.url, { 'public.rate': {} });
    await inTransaction(async (client) => {
      await client.query('INSERT INTO rate VALUES (1)');
      await client.query('SAVEPOINT inner_one');
      await client.query('INSERT INTO rate VALUES (2)');
      await client.query('ROLLBACK TO SAVEPOINT inner_one');
    });
    expect((await scene.events()).map(({ resource }) => resource?.id)).toEqual(['1']);
  });
});
