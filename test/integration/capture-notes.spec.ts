import { expect, it } from '@jest/globals';
import { checkCapture } from '../../src/rooms/row-changes/check-capture.js';
import { planTables } from '../../src/rooms/row-changes/plan-tables.js';
import { captureTables } from '../support/row-changes-scene.js';
import { kept, openClient, testDatabase } from '../support/index.js';

const database = await testDatabase();
const client = await kept(openClient(database.url));
async function notesOn(table: string): Promise<readonly string[]> {
  const tables = { [`public.${table}`]: {} };
  await captureTables(database.url, tables);
  const runner = {
    query: async (text: string, values?: unknown[]) => (await client.query<Record<string, unknown>>(text, values)).rows,
  };
  const { tables: found } = await checkCapture(runner, await planTables(runner, { tables }), 'public');
  expect(found.flatMap(({ problems }) => problems)).toEqual([]);
  return found.flatMap(({ notes }) => notes);
}

it('names a table with money, whose decimals depend on the database', async () => {
  await client.query('CREATE TABLE bill (id int PRIMARY KEY, cost money)');
  expect(await notesOn('bill')).toEqual([
    expect.stringMatching(/^public\.bill: money, .* lc_monetary C, .*: use numeric\.$/),
  ]);
});
