import { describe, expect, it } from '@jest/globals';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expectJsonOf } from '../../support/expect-json-of.js';
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
    const before = await capture(['check', ...SOURCE]);
    expect([before.code, before.errors]).toEqual([1, '']);
    expect(before.output).toBe(
      'public.rate is not captured.\n' +
        'Run "nestjs-audit-ledger capture generate --data-source data-source.mjs", and the migration that it writes.\n' +
        'note: public.rate: api_key redacted, because the name looks like a secret. To show it, add it to facts.\n',
    );
    const written = await capture(['generate', ...SOURCE]);
    expect([written.code, written.errors]).toEqual([
      0,
      expect.stringContaining('the option migrations of the data source names no folder'),
    ]);
    expect(written.output).toMatch(/^Wrote migrations\/\d+-row-capture\.ts: it captures public\.rate\./);
    await migrate('up');
    const after = await capture(['check', ...SOURCE]);
    expect(after).toEqual({
      code: 0,
      errors: '',
      output:
        '1 table is captured as configured.\n' +
        'note: public.rate: api_key redacted, because the name looks like a secret. To show it, add it to facts.\n',
    });
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

  it('notices other rules, other columns, and triggers that are off or gone', async () => {
    const rules = { RULES: '{"ignore":["priceCents"]}' };
    expect((await capture(['check', ...SOURCE], rules)).output).toContain('public.rate is captured by other rules.');
    await database.sql('ALTER TABLE rate ADD COLUMN label text');
    await database.sql(
      'ALTER TABLE rate DISABLE TRIGGER row_capture_update; DROP TRIGGER row_capture_truncate ON rate',
    );
    const { code, output } = await capture(['check', ...SOURCE]);
    expect(code).toBe(1);
    expect(output).toContain('public.rate has a new column, label: events show only its digest.');
    expect(output).toContain('The trigger row_capture_update of public.rate is switched off.');
    expect(output).toContain('The trigger row_capture_truncate of public.rate is missing.');
    const script = await capture(['generate', '--sql', ...SOURCE]);
    await database.sql(script.output);
    const last = await capture(['check', ...SOURCE, '--json']);
    expect([last.code, expectJsonOf('capture', last.output)]).toMatchObject([0, { problems: [] }]);
  });

  it('takes another baseline, after which rows that were changed without an event count as known', async () => {
    const found = async (): Promise<number | null> => (await capture(['reconcile', '--table', 'rate'])).code;
    await database.superuserSql(`ALTER TABLE rate DISABLE TRIGGER USER; INSERT INTO rate VALUES (2, 7)`);
    for (const name of ['insert', 'update', 'delete', 'truncate']) {
      await database.superuserSql(`ALTER TABLE rate ENABLE ALWAYS TRIGGER row_capture_${name}`);
    }
    expect(await found()).toBe(1);
    const { code, output, errors } = await capture(['baseline', ...SOURCE, '--table', 'rate']);
    expect([code, errors, output]).toEqual([0, '', expect.stringContaining('Stored the baseline of public.rate')]);
    expect(await found()).toBe(0);
    expect((await capture(['baseline', ...SOURCE, '--table', 'nothing'])).code).toBe(2);
  });

  it('captures tables without an entity by a file, and says what has no key', async () => {
    await database.sql('CREATE TABLE journal (text text)');
    await writeFile(join(folder, 'tables.json'), '{ "public.journal": { "resource": "journal" } }');
    const { code, output } = await capture(['check', ...SOURCE, '--tables', 'tables.json']);
    expect(code).toBe(1);
    expect(output).toContain('public.journal is not captured.');
    expect(output).toContain('public.journal has neither a primary key nor a unique index');
  });

  it('names a partition that was added since, and mends it', async () => {
    await database.sql('CREATE TABLE sale (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region)');
    await database.sql(`CREATE TABLE sale_eu PARTITION OF sale FOR VALUES IN ('eu')`);
    await writeFile(join(folder, 'sale.json'), '{ "public.sale": {} }');
    const given = [...SOURCE, '--tables', 'sale.json'];
    await database.sql((await capture(['generate', '--sql', ...given])).output);
    expect((await capture(['check', ...given])).code).toBe(0);
    await database.sql(`CREATE TABLE sale_us PARTITION OF sale FOR VALUES IN ('us')`);
    const { code, output } = await capture(['check', ...given]);
    expect(code).toBe(1);
    expect(output).toContain(
      'The trigger row_capture_insert of public.sale_us is missing.\n' +
        'The trigger row_capture_update of public.sale_us is missing.\n',
    );
    const mends = 'Run "nestjs-audit-ledger capture generate --data-source data-source.mjs --tables sale.json"';
    expect(output.split(mends)).toHaveLength(2); // once
    await database.sql((await capture(['generate', '--sql', ...given])).output);
    expect((await capture(['check', ...given])).code).toBe(0);
    await database.sql(`INSERT INTO sale_us VALUES (1, 'us')`);
    const [row] = await database.superuserSql(
      `SELECT origin->>'partition' AS partition FROM audit_row_change WHERE operation = 'INSERT' AND source->>'table' = 'sale'`,
    );
    expect(row).toEqual({ partition: 'public.sale_us' });
  });

  it('ends the capture of a table that no rule names, also of its partitions and of a detached one', async () => {
    await database.sql('ALTER TABLE sale DETACH PARTITION sale_eu');
    const { output } = await capture(['check', ...SOURCE]);
    expect(output).toContain(
      'public.sale is captured, but no rule names it. To keep the capture, decorate the entity or name the',
    );
    expect(output).toContain('public.sale_eu is captured, but no rule names it.');
    expect(output).not.toContain('public.sale_us');
    await database.sql((await capture(['generate', '--sql', ...SOURCE])).output);
    expect((await capture(['check', ...SOURCE])).code).toBe(0);
  });

  it.each([
    [
      '{"redact":["priceCent"]}',
      'public.rate lacks the column priceCent of the rule redact (did you mean price_cents?)',
    ],
    ['{"ignore":["id"]}', 'public.rate ignores id, which is part of its key'],
    ['{"redakt":["id"]}', 'redakt is an unknown option (did you mean redact?)'],
    ['{"redact":["id"],"facts":["id"]}', 'id is named twice in redact, digest, ignore and facts'],
    ['{"truncate":"maybe"}', `truncate is "maybe", not 'refuse' or 'record'`],
  ])('refuses the rules %s', async (rules, seen) => {
    const { code, errors } = await capture(['check', ...SOURCE], { RULES: rules });
    expect([code, errors]).toEqual([2, expect.stringContaining(seen)]);
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
