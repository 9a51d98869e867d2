import { describe, expect, it } from '@jest/globals';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expectCommandJson } from '../../support/expect-command-json.js';
import { runBuilt, testDatabase } from '../../support/index.js';

const DATA_SOURCE = `
import { DataSource, EntitySchema } from 'typeorm';
import { AuditedEntity } from 'nestjs-audit-ledger';

export class Rate {}
AuditedEntity(JSON.parse(process.env.RULES ?? '{}'))(Rate);

export default new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL,
  logging: true,
  entities: [
    new EntitySchema({
      name: 'Rate',
      target: Rate,
      tableName: 'rate',
      columns: { id: { type: 'int', primary: true }, priceCents: { type: 'int', name: 'price_cents' }, apiKey: { type: 'text', name: 'api_key' } },
    }),
  ],
});
`;

const capture = (args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = folder) =>
  runBuilt(['capture', ...args], { cwd, env: { DATABASE_URL: database.url, ...env } });

const SOURCE = ['--data-source', 'data-source.mjs'];

async function migrate(method: 'up' | 'down'): Promise<void> {
  const files = await readdir(join(folder, 'migrations'));
  const newest = files.toSorted().at(-1) ?? '';
  const text = await readFile(join(folder, 'migrations', newest), 'utf8');
  const [up = '', down = ''] = text.split('async down(');
  const statements = [...(method === 'up' ? up : down).matchAll(/runner\.query\(`((?:[^`\\]|\\.)*)`\)/gs)];
  for (const [, statement = ''] of statements) await database.sql(statement.replace(/\\([\\`$])/g, '$1'));
}

const database = await testDatabase();
await database.sql('CREATE TABLE rate (id int PRIMARY KEY, price_cents int NOT NULL, api_key text)');
// Within the repository, so that its packages are found.
await mkdir('node_modules/.cache', { recursive: true });
const folder = await mkdtemp(resolve('node_modules/.cache/capture-'));
await writeFile(join(folder, 'data-source.mjs'), DATA_SOURCE);
await mkdir(join(folder, 'node_modules/nestjs-audit-ledger'), { recursive: true });
await cp('package.json', join(folder, 'node_modules/nestjs-audit-ledger/package.json'));
await cp('dist', join(folder, 'node_modules/nestjs-audit-ledger/dist'), { recursive: true });

describe('nestjs-audit-ledger capture', () => {
  it('finds that a table is not captured, and writes the migration that captures it', async () => {
    const note =
      'note: public.rate: api_key redacted, because the name looks like a secret. To show it, add it to facts.\n';
    expect(await capture(['check', ...SOURCE])).toEqual({
      ...{ code: 1, errors: '' },
      output:
        'public.rate is not captured.\n' +
        `Run "nestjs-audit-ledger capture generate --data-source data-source.mjs", and the migration that it writes.\n${note}`,
    });
    const written = await capture(['generate', ...SOURCE]);
    expect([written.code, written.errors]).toEqual([
      0,
      expect.stringContaining('the option migrations of the data source names no folder'),
    ]);
    expect(written.output).toMatch(/^Wrote migrations\/\d+-row-capture\.ts: it captures public\.rate\./);
    await migrate('up');
    const captured = `1 table is captured as configured.\n${note}`;
    expect(await capture(['check', ...SOURCE])).toEqual({ code: 0, errors: '', output: captured });
    expect((await capture(['generate', ...SOURCE])).output).toContain('Nothing to do');
    const doctor = await runBuilt(['doctor', '--json', ...SOURCE], {
      cwd: folder,
      env: { DATABASE_URL: database.url },
    });
    expect(JSON.parse(doctor.output)).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ name: 'context-key', status: 'warning' })]) as unknown,
    });
    await database.sql(`INSERT INTO rate VALUES (1, 100, 'k')`);
    const [row] = await database.superuserSql(`SELECT lines FROM audit_row_change WHERE operation = 'INSERT'`);
    expect(row?.lines).toContain('"price_cents":100');
  });

  it('names a misspelt property of the entity by its column, and prints its findings as JSON', async () => {
    const last = await capture(['check', ...SOURCE, '--json']);
    expect([last.code, expectCommandJson('capture', last.output)]).toMatchObject([0, { problems: [] }]);
    const wrong = await capture(['check', ...SOURCE], { RULES: '{"redact":["priceCent"]}' });
    expect([wrong.code, wrong.errors]).toEqual([2, expect.stringContaining('(did you mean price_cents?)')]);
  });

  it('ends the capture by the migration undone', async () => {
    await rm(join(folder, 'migrations'), { recursive: true });
    await capture(['generate', ...SOURCE], { RULES: '{"resource":"other"}' });
    await migrate('up');
    await migrate('down');
    const left = await database.sql(`SELECT tgname FROM pg_trigger WHERE tgname LIKE 'row\\_capture%'`);
    expect(left).toEqual([]);
  });
});
