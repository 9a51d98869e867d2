import { expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/cli/run-command.js';
import { tempFolder, testDatabase } from '../support/index.js';

// An application of another client than TypeORM: it has tables, and no data source.
const database = await testDatabase();
await database.sql(`
  CREATE TABLE "Order" (id int PRIMARY KEY, price_cents int NOT NULL, api_key text);
  CREATE TABLE heap (text text);
  CREATE TABLE _prisma_migrations (id text PRIMARY KEY);
  CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE SCHEMA billing;
  CREATE TABLE billing.invoice (id int PRIMARY KEY)`);
const folder = await tempFolder('audit-capture-');
const capture = (...args: readonly string[]) => run(['capture', ...args, '--database-url', database.url]);

it('lists the tables, captures those that are kept in the list, and finds them captured', async () => {
  const listed = await capture('tables');
  const tables = Object.keys(JSON.parse(String(listed.output)) as object);
  expect(tables).toEqual(expect.arrayContaining(['billing.invoice', 'public.Order', 'public.heap', 'public.log']));
  expect(tables.filter((name) => /^(audit|public)\.audit_|migrations|log_2026|^pg_/.test(name))).toEqual([]);
  expect(listed.errors).toMatch(/^note: public\.heap has neither a primary key/);

  const call = ['--tables', join(folder, 'tables.json')];
  await writeFile(call[1] ?? '', '{ "public.Order": { "ignore": ["price_cents"] } }');
  const script = await capture('generate', ...call, '--sql');
  expect([script.exitCode, script.errors]).toEqual([0, undefined]);
  await database.sql(String(script.output));
  const checked = await capture('check', ...call);
  expect([checked.exitCode, checked.output]).toEqual([
    0,
    expect.stringContaining('1 table is captured as configured.'),
  ]);
  expect((await capture('generate', ...call, '--sql')).output).toBeUndefined();
  expect((await capture('baseline', ...call)).output).toContain('Stored the baseline of public.Order.');
});
