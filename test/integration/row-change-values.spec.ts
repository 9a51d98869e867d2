import { expect, it } from '@jest/globals';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const run = (statement: string) => database.sql(statement);
const reconcile = async () =>
  (await reconcileLedger({ database: database.url })).findings.map(({ kind, table, key }) => `${kind} ${table} ${key}`);

const database = await testDatabase();
const scene = await kept(startRowChanges(database));

it('what no image can hold is captured, breaks no statement, and is compared', async () => {
  await run(
    'CREATE TABLE paper (id int PRIMARY KEY, title text, scan bytea, left_out bytea, raw json, hidden json, told json, odd json[])',
  );
  const rules = { 'public.paper': { ignore: ['left_out'], redact: ['hidden'], digest: ['told'] } };
  await captureTables(database.url, rules);
  const json = String.raw`'{"text": "\u0000"}'::json`;
  const bytes = `convert_to(repeat('x', 140000000), 'UTF8')`;
  const values = `'a', ${bytes}, ${bytes}, ${json}, ${json}, ${json}, ARRAY[${json}]`;
  await run(`INSERT INTO paper VALUES (1, ${values})`);
  await run(`UPDATE paper SET title = 'b'`);
  await run(`INSERT INTO paper VALUES (2, 'short', '\\x00', '\\x00'), (3, 'short', '\\x00', '\\x00')`);
  await run(`UPDATE paper SET scan = scan || '\\x00'`);
  await run('ALTER TABLE paper ADD later json, DROP COLUMN odd');
  await run(`UPDATE paper SET later = ${json}`);
  expect(await reconcile()).toEqual([]);
  const events = (await scene.events('paper')).map(({ resource, changes }) => ({ id: resource?.id, ...changes }));
  expect(events).toHaveLength(10);
  expect(events.find(({ id }) => id === '1')?.after).toEqual({
    id: 1,
    title: 'a',
    scan: expect.stringMatching(/^\\x7878.*\[cut\]$/),
    raw: String.raw`{"text": "\u0000"}`,
    hidden: '[REDACTED]',
    told: expect.stringMatching(/^sha256:/),
    odd: expect.stringMatching(/u0000/),
  });
  expect(events.at(-1)?.after).toMatchObject({ title: 'short', later: expect.stringMatching(/^sha256:/) });
  await captureTables(database.url, rules);
  expect(await reconcile()).toEqual([]);
  for (const statement of [
    'ALTER TABLE paper DISABLE TRIGGER USER',
    `UPDATE paper SET scan = overlay(scan placing '\\xff' from 139000000) WHERE id = 1`,
    'ALTER TABLE paper ENABLE TRIGGER USER',
  ])
    await database.superuserSql(statement);
  expect(await reconcile()).toEqual(['row_changed public.paper 1']);
});
