import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { runCommand, tempFolder, testDatabase } from '../support/index.js';

const database = await testDatabase({ empty: true });
const folder = await tempFolder('restored-');
const typeorm = JSON.stringify(resolve('node_modules/typeorm/index.mjs'));
const source = `import { DataSource } from ${typeorm};\nexport default new DataSource({ type: 'postgres', url: ${JSON.stringify(database.superuserUrl)} });\n`;
await writeFile(join(folder, 'data-source.mjs'), source);
await writeFile(join(folder, 'tables.json'), '{ "public.fee": {} }');

const command = (...args: readonly string[]) => runCommand(args, { cwd: folder, env: {} });
const ledger = () => ['--database-url', database.url, '--schema', 'audit'];
const migrate = () => command('migrate', ...ledger(), '--admin-url', database.superuserUrl, '--with', 'row-changes');
const capture = (...args: readonly string[]) =>
  command('capture', ...args, '--data-source', 'data-source.mjs', '--tables', 'tables.json');
const add = (id: number) => database.superuserSql(`INSERT INTO fee VALUES (${id})`);

async function generate(): Promise<void> {
  const { output } = await capture('generate', '--sql');
  await database.superuserSql(output);
}

it('a captured table that was restored without its ledger works again after the command that doctor names', async () => {
  await migrate();
  await database.superuserSql('CREATE TABLE fee (id int PRIMARY KEY)');
  await generate();
  // PostgreSQL tracks no dependencies of function bodies: a restored dump of the schema public alone looks like this.
  await database.superuserSql('DROP SCHEMA audit CASCADE');
  await expect(add(1)).rejects.toThrow('relation "audit.audit_row_change" does not exist');
  const { output } = await command('doctor', ...ledger());
  expect(output.replace(/\s+/g, ' ')).toContain('Run "nestjs-audit-ledger migrate --with row-changes"');

  expect(await migrate()).toMatchObject({ code: 0 });
  await add(1);
  expect(await capture('check')).toMatchObject({
    code: 1,
    output: expect.stringContaining('lacks a baseline') as unknown,
  });
  await generate();
  expect(await capture('check')).toMatchObject({ code: 0 });
});
