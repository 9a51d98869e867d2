import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import { run } from '../../src/cli/run-command.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { runChecks } from '../../src/monitoring/store/check.js';
import { CAPTURE_CHECKS } from '../../src/extensions/row-changes/capture-checks.js';
import { closeAfterTests, runCommand, settled, tempFolder, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const UNKNOWN = '019a0000-0000-7000-8000-000000000000';

const database = await testDatabase();
const empty = await testDatabase({ empty: true });
const scene = await closeAfterTests(startRowChanges(database));
const folder = await tempFolder('audit-capture-');
await database.sql(`
  CREATE TABLE rate (id int PRIMARY KEY, cents int); CREATE VIEW rates AS TABLE rate; CREATE TABLE heap (text text);
  CREATE TABLE bill (id int PRIMARY KEY, cost money);
  CREATE TABLE fee (id int PRIMARY KEY); CREATE TABLE note (id int PRIMARY KEY);
  CREATE TABLE _prisma_migrations (id text PRIMARY KEY);
  CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`);

const file = (name: string): string => join(folder, name);
const source = (url: string) => {
  const settings = JSON.stringify({ type: 'postgres', url });
  return `import { DataSource } from ${JSON.stringify(import.meta.resolve('typeorm'))};\nexport default new DataSource(${settings});\n`;
};
const FILES: Readonly<Record<string, string>> = {
  'source.mjs': source(database.url),
  'empty.mjs': source(empty.url),
  'throws.mjs': `throw new Error('no settings');\n`,
  'broken.json': '{ "public.rate": ',
  'bare.json': '{ "rate": {} }',
  'rule.json': '{ "public.rate": { "ignor": ["cents"] } }',
  'column.json': '{ "public.rate": { "redact": ["cent"] } }',
  'key.json': '{ "public.rate": { "ignore": ["id"] } }',
  'twice.json': '{ "public.rate": { "redact": ["cents"], "facts": ["cents"] } }',
  'truncate.json': '{ "public.rate": { "truncate": "maybe" } }',
  'view.json': '{ "public.rates": {} }',
  'good.json': '{ "public.rate": {} }',
};
for (const [name, text] of Object.entries(FILES)) await writeFile(file(name), text);

/** A word with a dot is a file of the folder, and DATABASE is the address. */
async function capture(call: string) {
  const args = call
    .split(' ')
    .map((word) => (word === 'DATABASE' ? database.url : /^\w+\.(mjs|json)$/.test(word) ? file(word) : word));
  const { exitCode, output = '', errors = '' } = await run(['capture', ...args]);
  return { exitCode, output, errors, said: `${output}${errors}` };
}

it.each([
  ['generate', /--data-source or --tables is missing/],
  ['check', /--data-source or --tables is missing/],
  ['baseline', /--data-source or --tables is missing/],
  ['check --data-source absent.mjs --tables good.json', /absent\.mjs/],
  ['check --data-source throws.mjs --tables good.json', /no settings/],
  ['check --data-source empty.mjs --tables good.json', /lacks the ledger's tables/],
  ['check --data-source source.mjs --tables absent.json', /absent\.json: it does not exist/],
  ['check --data-source source.mjs --tables broken.json', /broken\.json.* not JSON/],
  ['check --data-source source.mjs --tables bare.json', /write it as schema\.table/],
  ['check --data-source source.mjs --tables rule.json', /ignor\b/],
  ['check --data-source source.mjs --tables column.json', /the column cent of .*did you mean cents/],
  ['check --data-source source.mjs --tables key.json', /ignores id, which is part of its key/],
  ['check --data-source source.mjs --tables twice.json', /cents is named twice in redact, digest, ignore and facts/],
  ['check --data-source source.mjs --tables truncate.json', /truncate is "maybe", not 'refuse' or 'record'/],
  ['check --data-source source.mjs --tables view.json', /public\.rates is not a table/],
  ['check --data-source source.mjs --tables good.json --schema nowhere', /nowhere|lacks the ledger/],
  ['generate --tables good.json', /--sql is missing/],
  ['generate --data-source x --sql --output y', /--sql and --output/],
  ['reconcile --table rate --database-url DATABASE', /Cannot reconcile rate: not captured/],
  [`revert --event ${UNKNOWN} --dry-run --database-url DATABASE`, /the ledger lacks it/],
  [`revert --event ${UNKNOWN} --database-url DATABASE`, /--reason is missing/],
  [`revert --event ${UNKNOWN} --reason r --context-key /nowhere.key --database-url DATABASE`, /nowhere\.key/],
])('capture %s says what is wrong', async (call, problem) => {
  const { exitCode, output, errors } = await capture(call);
  expect([exitCode, output]).toEqual([2, '']);
  expect(errors).not.toMatch(/at .*\.ts:|TypeError|SyntaxError|undefined|\[object/);
  expect(errors).toMatch(problem);
});

/** As for a client that has tables, and no data source. */
async function captureOnly(...tables: readonly string[]): Promise<void> {
  await writeFile(file('tables.json'), JSON.stringify(Object.fromEntries(tables.map((table) => [table, {}]))));
  const { exitCode, output, errors } = await capture('generate --tables tables.json --sql --database-url DATABASE');
  expect([exitCode, errors]).toEqual([0, '']);
  await database.sql(output);
}
const check = () => capture('check --tables tables.json --database-url DATABASE');
const reconcile = () => capture('reconcile --database-url DATABASE');

it('lists the tables, captures those that are kept in the list, and finds them captured', async () => {
  const { output, errors } = await capture('tables --database-url DATABASE');
  const tables = Object.keys(JSON.parse(output) as object);
  expect(tables).toEqual(expect.arrayContaining(['public.rate', 'public.heap', 'public.log']));
  expect(tables.filter((name) => /^public\.audit_|migrations|log_2026|^pg_/.test(name))).toEqual([]);
  expect(errors).toMatch(/^note: public\.heap has neither a primary key/m);

  await captureOnly('public.rate', 'public.bill', 'public.fee', 'public.note');
  expect(await check()).toMatchObject({ exitCode: 0, output: expect.stringContaining('4 tables are captured') });
  expect((await check()).output).toMatch(/note: public\.bill: money, .* lc_monetary C, .*: use numeric\./);
  expect(await capture('generate --tables tables.json --sql --database-url DATABASE')).toMatchObject({ output: '' });
  const baseline = await capture('baseline --tables tables.json --table rate --database-url DATABASE');
  expect(baseline.output).toContain('Stored the baseline of public.rate.');
});

it('ends the capture of tables that a migration dropped or renamed by the command that reconciling names', async () => {
  await database.sql('INSERT INTO rate VALUES (1); INSERT INTO fee VALUES (2); INSERT INTO note VALUES (3)');
  expect(await reconcile()).toMatchObject({ exitCode: 0 });
  await database.sql('DROP TABLE note; ALTER TABLE fee RENAME TO charge; INSERT INTO charge VALUES (4)');
  expect((await reconcile()).output).toMatch(/public\.fee.*"nestjs-audit-ledger capture generate"/);
  expect(await check()).toMatchObject({ exitCode: 2 }); // the rules name them, too
  await writeFile(file('tables.json'), '{ "public.rate": {}, "public.charge": {} }');
  const checked = await check();
  expect(checked.exitCode).toBe(1);
  expect(checked.output).toContain('public.fee was renamed to public.charge');
  expect(checked.output).toContain('public.note was dropped');
  await captureOnly('public.rate', 'public.charge');
  expect(await check()).toMatchObject({ exitCode: 0 });
  await database.sql('INSERT INTO charge VALUES (5)');
  expect(await reconcile()).toMatchObject({ exitCode: 0, output: expect.stringContaining('public.charge: 3 rows') });
  expect((await scene.events('charge')).map(({ resource }) => resource?.id)).toEqual(['5']);
  const { items } = await scene.app.get(AuditQuery).find({ scope: 'all' }, { type: ['audit_capture_ended'] });
  const ended = new Map(items.map(({ details }) => [details.table, details.renamedTo]));
  expect(Object.fromEntries(ended)).toEqual({ fee: 'public.charge', note: undefined });
  expect(await database.sql(`SELECT proname FROM pg_proc WHERE proname ~ '^row_.*(fee|note)$'`)).toEqual([]);
});

it('reconciles, and exits with 1 for a row that was changed without an event, and for one that two events add', async () => {
  const findings = async (options = '') => {
    const { exitCode, output } = await capture(`reconcile ${options}--json --database-url DATABASE`);
    return [exitCode, JSON.parse(output) as object];
  };
  await database.superuserSql(`ALTER TABLE rate DISABLE TRIGGER USER; UPDATE rate SET cents = 7`);
  expect(await findings('--table rate ')).toMatchObject([
    1,
    { verdict: 'incomplete', findings: [{ kind: 'row_changed', table: 'public.rate', key: '1' }] },
  ]);
  await captureTables(database.url, { 'public.rate': {} });
  await database.sql('UPDATE rate SET cents = 8');
  expect(await reconcile()).toMatchObject({ exitCode: 0 });
  await database.superuserSql(`INSERT INTO rate VALUES (3, 3);
    INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
    SELECT operation, source, origin, statement_rows, changes, lines FROM audit_row_change WHERE transaction = pg_current_xact_id()`);
  const [, again] = (await scene.events('rate')).filter(({ resource }) => resource?.id === '3');
  expect(await findings()).toMatchObject([
    1,
    { findings: [{ kind: 'event_duplicated', table: 'public.rate', key: '3', eventId: again?.id }] },
  ]);
});

it('names each difference from the rules, and mends it', async () => {
  await captureOnly('public.rate', 'public.charge', 'public.log');
  for (const [change, problem] of [
    ['ALTER TABLE rate ADD COLUMN label text', 'public.rate has a new column, label: events show only its digest.'],
    [
      'ALTER TABLE rate DISABLE TRIGGER row_capture_update',
      'trigger row_capture_update of public.rate is switched off.',
    ],
    ['DROP TRIGGER row_capture_truncate ON rate', 'trigger row_capture_truncate of public.rate is missing.'],
    [
      `CREATE TABLE log_2027 PARTITION OF log FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')`,
      'The trigger row_capture_insert of public.log_2027 is missing.',
    ],
    ['ALTER TABLE log DETACH PARTITION log_2026', 'public.log_2026 is captured, but no rule names it.'],
  ] as const) {
    await database.sql(change);
    const { exitCode, output } = await check();
    expect([exitCode, output]).toEqual([1, expect.stringContaining(problem)]);
    await captureOnly('public.rate', 'public.charge', 'public.log');
    expect(await check()).toMatchObject({ exitCode: 0 });
  }
  await writeFile(file('tables.json'), '{ "public.rate": { "ignore": ["cents"] }, "public.log": {} }');
  const { output } = await check();
  expect(output).toContain('public.rate is captured by other rules.');
  expect(output).toContain('public.charge is captured, but no rule names it.');
});

describe('capture context-key', () => {
  const first = file('keys-first.key');
  const second = file('keys-second.key');
  const key = async (...args: readonly string[]) => {
    const { output, errors } = await run(['capture', 'context-key', ...args, '--database-url', database.url]);
    return `${output ?? ''}${errors ?? ''}`;
  };
  const asAlice = async <Result>(keyFile: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = new (auditedPg(pg, { keyFile }).Client)({ connectionString: database.url });
    await client.connect();
    try {
      return await AuditContext.run({ actor: { type: 'user', id: 'alice' } }, () => work(client));
    } finally {
      await client.end();
    }
  };
  const findProblem = (keyFile: string) =>
    asAlice(keyFile, async (client) => {
      await client.query('CREATE TEMPORARY TABLE seen AS SELECT NULL AS problem');
      await client.query(`UPDATE seen SET problem = coalesce(audit_context_problem(), audit_context() #>> $1)`, [
        '{actor,id}',
      ]);
      return (await client.query<{ problem: unknown }>('SELECT problem FROM seen')).rows[0]?.problem;
    });

  it('stores the key of a file, which it makes, and lists and removes it', async () => {
    expect(await key('list')).toContain('No key is stored');
    const made = `Made the key file ${first}.\nStored the key first.\n`;
    expect(await key('add', 'first', '--key-file', first, '--by', 'ada')).toBe(made);
    expect((await stat(first)).mode & 0o777).toBe(0o600);
    expect(await findProblem(first)).toBe('alice');
    const text = await readFile(first, 'utf8');
    expect(await key('add', 'first', '--key-file', first)).toContain('a key named first exists already');
    expect(await readFile(first, 'utf8')).toBe(text);
    await key('add', 'second', '--key-file', second, '--login', 'somebody', '--login', 'else', '--by', 'ada');
    expect(await findProblem(second)).toBe('forged');
    expect(await key('list')).toMatch(/^first {2}added .*Z {2}every login\nsecond {2}added .*Z {2}somebody, else\n$/);
    const asAdmin = ['--admin-url', database.superuserUrl];
    expect(await key('remove', 'second', '--by', 'bob', ...asAdmin)).toContain('Removed the key second.');
    expect(await key('remove', 'second')).toContain('no key is named second; capture context-key list shows the keys');
  });

  it('records who added and removed a key, and nothing where it did neither', async () => {
    await settled(database);
    const events = await database.superuserSql(
      `SELECT type, actor_id AS "by", details::jsonb - 'fingerprint' AS details, details->>'fingerprint' ~ '^[0-9a-f]{64}$' AS fingerprint
         FROM audit_event WHERE type LIKE 'audit_context_key_%' ORDER BY id`,
    );
    expect(events.map(({ type, by, details, fingerprint }) => [type, by, details, fingerprint])).toEqual([
      ['audit_context_key_added', 'ada', expect.objectContaining({ keyId: 'first', login: 'app' }), true],
      ['audit_context_key_added', 'ada', expect.objectContaining({ logins: ['somebody', 'else'] }), true],
      ['audit_context_key_removed', 'bob', { keyId: 'second', login: 'postgres' }, null],
    ]);
  });

  it('lets the doctor say whether the contexts of row changes arrive', async () => {
    const contexts = async () => {
      await scene.events();
      const auditor = { rows: (text: string, values: readonly unknown[] = []) => database.sql(text, [...values]) };
      const options = { tables: { 'public.charge': {} }, lateAfterSeconds: 60 };
      const checks = await runChecks(CAPTURE_CHECKS, { auditor, capture: { options } });
      return checks.find(({ name }) => name === 'contexts');
    };
    await asAlice(first, (client) => client.query('INSERT INTO charge SELECT n FROM generate_series(100, 250) n'));
    expect(await contexts()).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/The last \d+ row changes/),
    });
    await database.sql('INSERT INTO charge VALUES (6)'); // by a pool that is not audited
    const missing = expect.stringMatching(/1 of the last \d+ row changes by the application had no context/);
    expect(await contexts()).toMatchObject({ status: 'warning', message: missing });
    await key('remove', 'first');
    expect(await findProblem(first)).toBe('forged');
  });
});

it('a captured table that was restored without its ledger works again after the command that doctor names', async () => {
  await writeFile(file('data-source.mjs'), source(empty.superuserUrl));
  await writeFile(file('fee.json'), '{ "public.fee": {} }');
  const command = (...args: readonly string[]) => runCommand(args, { cwd: folder, env: {} });
  const ledger = ['--database-url', empty.url, '--schema', 'audit'];
  const asAdmin = ['--admin-url', empty.superuserUrl];
  const migrate = () => command('migrate', ...ledger, ...asAdmin, '--with', 'row-changes');
  const captured = (...args: readonly string[]) =>
    command('capture', ...args, '--data-source', 'data-source.mjs', '--tables', 'fee.json');
  const generate = async () => empty.superuserSql((await captured('generate', '--sql')).output);
  const insert = (id: number) => empty.superuserSql(`INSERT INTO fee VALUES (${id})`);
  await migrate();
  const addKey = ['capture', 'context-key', 'add', 'first', '--key-file', 'restored.key', ...ledger];
  // The ledger belongs to audit_owner.
  expect((await command(...addKey)).errors).toContain('name a superuser with --admin-url');
  expect((await command(...addKey, ...asAdmin)).output).toContain('Stored the key first.\n');
  await empty.superuserSql('CREATE TABLE fee (id int PRIMARY KEY)');
  await generate();
  // PostgreSQL tracks no dependencies of function bodies: a restored dump of the schema public alone looks like this.
  await empty.superuserSql('DROP SCHEMA audit CASCADE');
  await expect(insert(1)).rejects.toThrow('relation "audit.audit_row_change" does not exist');
  const { output } = await command('doctor', ...ledger);
  expect(output.replace(/\s+/g, ' ')).toContain('Run "nestjs-audit-ledger migrate --with row-changes"');
  expect(await migrate()).toMatchObject({ code: 0 });
  await insert(1);
  expect((await captured('check')).output).toContain('lacks a baseline');
  await generate();
  expect(await captured('check')).toMatchObject({ code: 0 });

  // The entity has no schema, and the ledger has one of its own.
  const audit = import.meta.resolve('../../src/audit/index.ts');
  await writeFile(
    file('entity.mjs'),
    `import { DataSource, EntitySchema } from ${JSON.stringify(import.meta.resolve('typeorm'))};
import { AuditedEntity } from ${JSON.stringify(audit)};
class Fee {}
AuditedEntity()(Fee);
const fee = new EntitySchema({ name: 'Fee', target: Fee, tableName: 'fee', columns: { id: { type: 'int', primary: true } } });
export default new DataSource({ type: 'postgres', url: ${JSON.stringify(empty.superuserUrl)}, entities: [fee] });
`,
  );
  const examined = await command('doctor', ...ledger, '--data-source', 'entity.mjs');
  expect(examined.output).toMatch(/ok +capture +1 table is captured as configured\./);
});
