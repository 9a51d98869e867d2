import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { run } from '../../src/cli/run-command.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';
import { createTestDatabase, tempFolder, type TestDatabase } from '../support/index.js';

let database: TestDatabase;
let scene: RowChangesScene;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  scene = await startRowChanges(database);
  folder = await tempFolder('audit-gone-');
  const typeorm = JSON.stringify(import.meta.resolve('typeorm'));
  const url = JSON.stringify(database.url);
  await writeFile(
    join(folder, 'source.mjs'),
    `import { DataSource } from ${typeorm};\nexport default new DataSource({ type: 'postgres', url: ${url} });\n`,
  );
});
afterEach(async () => {
  await scene.close();
  await database.drop();
});

async function capture(action: string, tables: readonly string[], ...others: readonly string[]) {
  const file = join(folder, 'tables.json');
  await writeFile(file, JSON.stringify(Object.fromEntries(tables.map((table) => [table, {}]))));
  const args = ['capture', action, '--data-source', join(folder, 'source.mjs'), '--tables', file, ...others];
  const { exitCode, output = '', errors = '' } = await run(args);
  return { exitCode, said: `${output}${errors}` };
}

async function generate(...tables: readonly string[]): Promise<void> {
  const { exitCode, said } = await capture('generate', tables, '--sql');
  expect(exitCode).toBe(0);
  await database.sql(said);
}

async function reconcile() {
  const { exitCode, output = '' } = await run(['capture', 'reconcile', '--database-url', database.url]);
  return { exitCode, said: output };
}

it('ends the capture of tables that a migration dropped or renamed by the command that reconciling names', async () => {
  await database.sql('CREATE TABLE rate (id int PRIMARY KEY); CREATE TABLE fee (id int PRIMARY KEY)');
  await database.sql('CREATE TABLE note (id int PRIMARY KEY)');
  await generate('public.rate', 'public.fee', 'public.note');
  await database.sql('INSERT INTO rate VALUES (1); INSERT INTO fee VALUES (2); INSERT INTO note VALUES (3)');
  expect(await reconcile()).toMatchObject({ exitCode: 0 });
  await database.sql('DROP TABLE note; ALTER TABLE fee RENAME TO charge; INSERT INTO charge VALUES (4)');
  const found = await reconcile();
  expect(found.exitCode).toBe(1);
  expect(found.said).toMatch(/public\.fee.*"nestjs-audit-ledger capture generate"/);
  const checked = await capture('check', ['public.rate', 'public.charge']);
  expect(checked.exitCode).toBe(1);
  expect(checked.said).toContain('public.fee was renamed to public.charge');
  expect(checked.said).toContain('public.note was dropped');
  await generate('public.rate', 'public.charge');
  expect(await capture('check', ['public.rate', 'public.charge'])).toMatchObject({ exitCode: 0 });
  await database.sql('INSERT INTO charge VALUES (5)');
  expect(await reconcile()).toMatchObject({ exitCode: 0, said: expect.stringContaining('public.charge: 3 rows') });
  expect((await scene.events('charge')).map(({ resource }) => resource?.id)).toEqual(['5']);
  const { items } = await scene.app
    .get(AuditQuery)
    .find({ scope: 'all' }, { type: ['audit_capture_ended'], limit: 10, order: 'asc' });
  expect(items.map(({ details }) => [details.table, details.renamedTo])).toEqual([
    ['fee', 'public.charge'],
    ['note', undefined],
  ]);
  const left = await database.sql(`SELECT proname FROM pg_proc WHERE proname ~ '^row_.*(fee|note)$'`);
  expect(left).toEqual([]);
  await database.sql('DROP TABLE rate; DROP TABLE charge');
  await generate();
  expect(await reconcile()).toMatchObject({ exitCode: 0 });
});
