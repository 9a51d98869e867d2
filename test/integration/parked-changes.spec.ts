import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import { command as capture } from '../../src/extensions/row-changes/commands/capture.command.js';
import { AuditPrivacy } from '../../src/monitoring/index.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { storeContextKey } from '../support/context-scene.js';
import { eventually, freshKeyFile, closeAfterTests, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const BAD = 'bad';
const BY = { by: { type: 'admin', id: 'a-1' }, reason: 'asked for' } as const;
const REFUSE = `ALTER TABLE audit_event ADD CONSTRAINT no_bad_path CHECK (resource_id <> '${BAD}') NOT VALID`;

const database = await testDatabase();
const run = (statement: string, values: readonly unknown[] = []) => database.sql(statement, values);
const superuser = (statement: string) => database.superuserSql(statement);
await run(`CREATE TABLE document (path text PRIMARY KEY, note text); CREATE TABLE person (id text PRIMARY KEY);
  CREATE TABLE letter (id text PRIMARY KEY, note text)`);
await captureTables(database.url, {
  'public.document': { facts: ['note', 'path'], truncate: 'record' },
  'public.person': { resource: 'user' },
  'public.letter': { facts: ['id'] },
});
const keyFile = freshKeyFile();
let scene = await startRowChanges(database, {}, {}, [], keyFile);
await closeAfterTests({ close: () => scene.close() });
await scene.app.get(SelfCheck).run(); // the check of the boot would report the constraint

let seen = 0;
const news = async () => (await scene.events()).slice(seen);
const reported = async () =>
  (await news()).map(({ type, resource, changes }) => {
    const { note } = (changes?.after ?? changes?.before ?? {}) as { note?: string };
    return [type, resource?.id, note];
  });
const parked = () => superuser('SELECT changes, row_keys, error, lines FROM audit_row_change_parked ORDER BY position');
const problem = async () => (await scene.app.get(LedgerProvider).check()).problem;
const erase = (id: string, identifiers: readonly string[] = []) =>
  scene.app.get(AuditPrivacy).erase({ id, identifiers }, BY);
const erasure = async (id: string) => scene.app.get(AuditPrivacy).find(id);
const isDone = (id: string) => eventually(async () => (await erasure(id))?.state === 'done');
const waits = (id: string) =>
  eventually(async () => (await erasure(id))?.problem?.startsWith('parked row changes name the person'));
const retry = () => capture.run(['retry', '--database-url', database.url]);
const acceptBad = () => superuser('ALTER TABLE audit_event DROP CONSTRAINT IF EXISTS no_bad_path');
const reconcile = () => reconcileLedger({ database: database.url, tables: ['document'] });
/** Adds what no trigger wrote. */
const add = (source: string, lines: string) =>
  run(
    `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines) VALUES ('INSERT', $1, '{}', 1, 1, $2)`,
    [source, lines],
  );

beforeEach(async () => {
  await run('TRUNCATE document');
  seen = (await scene.events()).length;
  await superuser(REFUSE);
});
afterEach(async () => {
  await acceptBad();
  await superuser('DELETE FROM audit_row_change_parked');
});

describe('a row change that the ledger cannot store', () => {
  it('is parked with later changes of its row, and those of other rows are stored', async () => {
    await run('INSERT INTO document VALUES ($1, $2), ($3, $2), ($4, $2)', ['a', 'one', BAD, 'b']);
    await run(`UPDATE document SET note = 'two' WHERE path <> 'a'`);
    expect(await reported()).toEqual([
      ['row_inserted', 'a', 'one'],
      ['row_inserted', 'b', 'one'],
      ['row_updated', 'b', 'two'],
    ]);
    const error = 'they violate no_bad_path (23514)';
    expect(await parked()).toMatchObject([
      { changes: 1, row_keys: [BAD], error, lines: expect.stringContaining('"one"') },
      { changes: 1, error: 'waits for an earlier change of the same row' },
    ]);
    expect(await problem()).toMatch(/^Cannot store 2 captured row changes.*run "nestjs-audit-ledger capture retry"\.$/);
    const { verdict, findings } = await reconcile();
    expect([verdict, findings.map(({ kind }) => kind).toSorted()]).toEqual([
      'incomplete',
      ['change_parked', 'change_parked', 'row_unknown'],
    ]);
    expect(await retry()).toEqual({ exitCode: 0, output: 'Moved 2 parked row changes back to the outbox.\n' });
    expect(await reported()).toHaveLength(3);
    expect(await parked()).toHaveLength(2);
  });

  it('comes back by the command once its cause is gone, in the order of its row, with a TRUNCATE behind it', async () => {
    await run(`INSERT INTO document VALUES ($1, 'one'), ('a', 'one')`, [BAD]);
    await run(`UPDATE document SET note = 'two' WHERE path = $1`, [BAD]);
    await run('TRUNCATE document');
    await run(`INSERT INTO document VALUES ('a', 'two')`);
    expect(await reported()).toEqual([['row_inserted', 'a', 'one']]);
    await acceptBad();
    await retry();
    expect(await reported()).toEqual([
      ['row_inserted', 'a', 'one'],
      ['row_inserted', BAD, 'one'],
      ['row_updated', BAD, 'two'],
      ['table_truncated', undefined, undefined],
      ['row_inserted', 'a', 'two'],
    ]);
    expect(await problem()).toBeUndefined();
    expect(await reconcile()).toMatchObject({ verdict: 'complete' });
    expect(await retry()).toEqual({ exitCode: 0, output: 'Nothing is parked.\n' });
  });

  it('is parked alone where one transaction takes thousands of changes, and each of the others is stored once', async () => {
    await run(
      `DO $$ BEGIN FOR n IN 1..1100 LOOP
         INSERT INTO document SELECT CASE n WHEN 1050 THEN '${BAD}' ELSE 'd-' || n END, n;
         UPDATE document SET note = 'last' WHERE path = 'd-' || (n - 1);
       END LOOP; END $$`,
    );
    await scene.events(); // waits for the drain
    expect(await parked()).toMatchObject([{ changes: 1, row_keys: [BAD] }]);
    const stored = await superuser(
      `SELECT type, resource_id FROM audit_event WHERE category = 'data_change' AND resource_id LIKE 'd-%' ORDER BY id`,
    );
    expect(stored).toHaveLength(1_099 + 1_098);
    expect(stored.slice(-3)).toEqual([
      { type: 'row_updated', resource_id: 'd-1098' },
      { type: 'row_inserted', resource_id: 'd-1100' },
      { type: 'row_updated', resource_id: 'd-1099' },
    ]);
  });

  it('is kept as it is where no trigger wrote it, and holds nothing up', async () => {
    const lines = ['[]', '[[null, {"path": "x"}, "00"]]', 'nothing that JSON is'];
    for (const each of lines) await add(each === '[]' ? '{}' : '{"schema": "public", "table": "document"}', each);
    await run(`INSERT INTO document VALUES ('behind', 'one')`);
    await eventually(async () => (await parked()).length === 3);
    expect((await parked()).map((row) => row.lines)).toEqual(lines);
    const stored = `SELECT FROM audit_event WHERE resource_id = 'behind' AND type = 'row_inserted'`;
    await eventually(async () => (await superuser(stored)).length > 0);
  });

  it('waits in the outbox while a trigger refuses every row change', async () => {
    await superuser(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
      CREATE TRIGGER a_refuse BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.category = 'data_change') EXECUTE FUNCTION refuse()`);
    await run(`INSERT INTO person VALUES ('a')`);
    await eventually(() => scene.drainError() !== undefined);
    expect(await parked()).toEqual([]);
    await superuser('LOCK TABLE audit_event; DROP TRIGGER a_refuse ON audit_event');
    await eventually(async () => (await superuser('SELECT FROM audit_row_change')).length === 0);
    const stored = await superuser(`SELECT FROM audit_event WHERE resource_type = 'user' AND resource_id = 'a'`);
    expect(stored).toHaveLength(1);
  });

  it('lets the erasures of other persons pass, and those of who stands in it, made it or is its row wait', async () => {
    const key = randomBytes(32).toString('hex');
    await storeContextKey(database, 'test', key);
    const scope = new (auditedPg(pg, { key }).Client)({ connectionString: database.url });
    await scope.connect();
    await AuditContext.run({ actor: { type: 'user', id: 'p-1', onBehalfOf: { type: 'user', id: 'p-2' } } }, () =>
      scope.query('INSERT INTO person VALUES ($1)', [BAD]),
    );
    await scope.end();
    await run(`INSERT INTO letter VALUES ($1, 'of Ada@Example.com, not of bob@example.com.au')`, [BAD]);
    await add('{}', 'no JSON of \\u0000 p-4 and eve@example.com');
    await eventually(async () => (await parked()).length === 3);
    await isDone((await erase('p-3', ['p-33', 'bob@example.com', 'example'])).id);
    for (const person of ['p-1', 'p-2', BAD, 'p-4']) await waits((await erase(person)).id);
    await waits((await erase('p-6', ['eve@example.com'])).id);
    const { id } = await erase('p-5', ['ada@example.com']);
    await waits(id);
    await acceptBad();
    await retry();
    await isDone(id);
    expect(await superuser(`SELECT id FROM audit_event e WHERE to_jsonb(e)::text ILIKE '%ada@example%'`)).toEqual([]);
  });

  it('is tried again by the next leader', async () => {
    await run(`INSERT INTO document VALUES ($1, 'one')`, [BAD]);
    await eventually(async () => (await parked()).some(({ row_keys: keys }) => String(keys) === BAD));
    await scene.close();
    await acceptBad();
    scene = await startRowChanges(database, {}, {}, [], keyFile);
    await eventually(async () => !(await parked()).some(({ row_keys: keys }) => String(keys) === BAD));
    await eventually(async () => (await superuser('SELECT FROM audit_row_change')).length === 0);
    const [last] = await superuser(`SELECT type FROM audit_event WHERE resource_id = '${BAD}' ORDER BY id DESC`);
    expect(last).toEqual({ type: 'row_inserted' });
  });
});
