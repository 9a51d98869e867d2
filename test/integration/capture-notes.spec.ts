import { expect, it } from '@jest/globals';
import { checkCapture } from '../../src/modules/row-changes/check-capture.js';
import { planTables } from '../../src/modules/row-changes/plan-tables.js';
import type { TableRules } from '../../src/audit/index.js';
import { captureTables } from '../support/row-changes-scene.js';
import { kept, openClient, testDatabase } from '../support/index.js';

const database = await testDatabase();
const client = await kept(openClient(database.url));
async function notesOn(table: string, rules: TableRules = {}): Promise<readonly string[]> {
  const tables = { [`public.${table}`]: rules };
  await captureTables(database.url, tables);
  const runner = {
    query: async (text: string, values?: unknown[]) => (await client.query<Record<string, unknown>>(text, values)).rows,
  };
  const { tables: found } = await checkCapture(runner, await planTables(runner, { tables }), 'public');
  expect(found.flatMap(({ problems }) => problems)).toEqual([]);
  return found.flatMap(({ notes }) => notes);
}

it('names the columns whose numbers events round, at any depth, and none that events hold exactly or hide', async () => {
  await client.query(
    `CREATE DOMAIN price AS numeric(10,2); CREATE TYPE fee AS (amount price, label text); CREATE TYPE bundle AS (fees fee[]);
     CREATE TYPE size AS (width int)`,
  );
  await client.query(
    `CREATE TABLE offer (id int PRIMARY KEY, plain numeric, list numeric[], fee fee, fees fee[], bundle bundle, size size, hidden fee, doc jsonb)`,
  );
  expect(await notesOn('offer', { redact: ['hidden'] })).toEqual([
    'public.offer: redacted by its rules: hidden.',
    'public.offer: numeric within a composite type, which events show as a JSON number without trailing zeros (digests include them): fee, fees, bundle.',
  ]);
});

it('names a table with money, whose decimals depend on the database', async () => {
  await client.query('CREATE TABLE bill (id int PRIMARY KEY, cost money)');
  expect(await notesOn('bill')).toEqual([
    expect.stringMatching(/^public\.bill: money, .* lc_monetary C, .*: use numeric\.$/),
  ]);
});
