import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import { command as capture } from '../../src/rooms/row-changes/commands/capture.command.js';
import { AuditPrivacy } from '../../src/monitoring/index.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { storeContextKey } from '../support/context-scene.js';
import { createTestDatabase, eventually, freshKeyFile, type TestDatabase } from '../support/index.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { captureTables, startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';

let database: TestDatabase;
let scene: RowChangesScene;
let keyFile: string;

beforeEach(async () => {
  database = await createTestDatabase();
  await run('CREATE TABLE document (path text PRIMARY KEY, note text)');
  await captureTables(database.url, { 'public.document': { facts: ['note', 'path'], truncate: 'record' } });
  keyFile = freshKeyFile();
  scene = await startRowChanges(database, {}, {}, [], keyFile);
  await scene.events();
  await scene.app.get(SelfCheck).run(); // the check of the boot would report the constraint
  await refuseBad();
});

afterEach(async () => {
  await scene.close();
  await database.drop();
});

const run = (statement: string, values: readonly unknown[] = []) => database.sql(statement, values);
const superuser = (statement: string) => database.superuserSql(statement);
const told = async () =>
  (await scene.events()).map(({ type, resource, changes }) => {
    const { note } = (changes?.after ?? changes?.before ?? {}) as { note?: string };
    return [type, resource?.id, note];
  });
const parked = () => superuser('SELECT changes, row_keys, error, lines FROM audit_row_change_parked ORDER BY position');
const problem = async () => (await scene.app.get(LedgerProvider).check()).problem;
const BY = { by: { type: 'admin', id: 'a-1' }, reason: 'asked for' } as const;
const erase = (id: string, identifiers: readonly string[] = []) =>
  scene.app.get(AuditPrivacy).erase({ id, identifiers }, BY);
const erasure = async (id: string) => scene.app.get(AuditPrivacy).find(id);
const isDone = (id: string) => eventually(async () => (await erasure(id))?.state === 'done');
const waits = (id: string) =>
  eventually(async () => (await erasure(id))?.problem?.startsWith('parked row changes name the person'));
const retry = () => capture.run(['retry', '--database-url', database.url]);

async function openSigned({ url, superuserUrl }: TestDatabase): Promise<pg.Client> {
  const key = randomBytes(32).toString('hex');
  await storeContextKey({ superuserUrl }, 'test', key);
  const client = new (auditedPg(pg, { key }).Client)({ connectionString: url });
  await client.connect();
  return client;
}

const BAD = 'bad';
const refuseBad = () => superuser(`ALTER TABLE audit_event ADD CONSTRAINT no_bad_path CHECK (resource_id <> '${BAD}')`);
const acceptBad = () => superuser('ALTER TABLE audit_event DROP CONSTRAINT no_bad_path');

describe('a row change that the ledger cannot store', () => {
  it('is parked with later changes of its row, and those of other rows are stored', async () => {
    await run('INSERT INTO document VALUES ($1, $2), ($3, $2), ($4, $2)', ['a', 'one', BAD, 'b']);
    await run(`UPDATE document SET note = 'two' WHERE path = $1`, [BAD]);
    await run(`UPDATE document SET note = 'two' WHERE path = 'b'`);
    expect(await told()).toEqual([
      ['row_inserted', 'a', 'one'],
      ['row_inserted', 'b', 'one'],
      ['row_updated', 'b', 'two'],
    ]);
    expect(await parked()).toEqual([
      expect.objectContaining({
        changes: 1,
        row_keys: [BAD],
        error: 'they violate no_bad_path (23514)',
        lines: expect.stringContaining('"one"'),
      }),
      expect.objectContaining({ changes: 1, error: 'waits for an earlier change of the same row' }),
    ]);
    expect(await problem()).toMatch(/^Cannot store 2 captured row changes.*run "nestjs-audit-ledger capture retry"\.$/);
    const { verdict, findings } = await reconcileLedger({ database: database.url });
    expect([verdict, findings.map(({ kind }) => kind).toSorted()]).toEqual([
      'incomplete',
      ['change_parked', 'change_parked', 'row_unknown'],
    ]);
  });

  it('comes back by the command once its cause is gone, in the order of its row', async () => {
    await run(`INSERT INTO document VALUES ($1, 'one')`, [BAD]);
    await run(`UPDATE document SET note = 'two'`);
    expect(await told()).toEqual([]);
    expect(await retry()).toEqual({ exitCode: 0, output: 'Moved 2 parked row changes back to the outbox.\n' });
    expect(await told()).toEqual([]);
    expect(await parked()).toHaveLength(2);
    await acceptBad();
    await retry();
    expect(await told()).toEqual([
      ['row_inserted', 'bad', 'one'],
      ['row_updated', 'bad', 'two'],
    ]);
    expect(await problem()).toBeUndefined();
    expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete' });
    expect(await retry()).toEqual({ exitCode: 0, output: 'Nothing is parked.\n' });
  });

  it('is parked alone where one transaction takes thousands of changes, and each of the others is stored once', async () => {
    await run(
      `DO $$ BEGIN FOR n IN 1..2500 LOOP
         INSERT INTO document SELECT CASE n WHEN 2300 THEN '${BAD}' ELSE 'd-' || n END, n;
         UPDATE document SET note = 'last' WHERE path = 'd-' || (n - 1);
       END LOOP; END $$`,
    );
    await told(); // waits for the drain
    expect(await parked()).toEqual([expect.objectContaining({ changes: 1, row_keys: [BAD] })]);
    const stored = await superuser(
      `SELECT type, resource_id FROM audit_event WHERE category = 'data_change' ORDER BY id`,
    );
    expect(stored).toHaveLength(2_499 + 2_498);
    expect(stored.slice(-3)).toEqual([
      { type: 'row_updated', resource_id: 'd-2498' },
      { type: 'row_inserted', resource_id: 'd-2500' },
      { type: 'row_updated', resource_id: 'd-2499' },
    ]);
    expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'incomplete' });
  });

  it('is tried again by the next leader', async () => {
    await run(`INSERT INTO document VALUES ($1, 'one')`, [BAD]);
    await eventually(async () => (await parked()).length === 1);
    await scene.close();
    await acceptBad();
    scene = await startRowChanges(database, {}, {}, [], keyFile);
    await eventually(async () => (await parked()).length === 0);
    expect(await told()).toEqual([['row_inserted', 'bad', 'one']]);
  });

  it('keeps a TRUNCATE behind it, and what follows that', async () => {
    await run(`INSERT INTO document VALUES ($1, 'one'), ('a', 'one')`, [BAD]);
    await run('TRUNCATE document');
    await run(`INSERT INTO document VALUES ('a', 'two')`);
    expect(await told()).toEqual([['row_inserted', 'a', 'one']]);
    await acceptBad();
    await retry();
    expect(await told()).toEqual([
      ['row_inserted', 'a', 'one'],
      ['row_inserted', 'bad', 'one'],
      ['table_truncated', undefined, undefined],
      ['row_inserted', 'a', 'two'],
    ]);
    expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete' });
  });

  it('is kept as it is where no trigger wrote it, and holds nothing up', async () => {
    const add = (source: string, lines: string) =>
      run(
        `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines) VALUES ('INSERT', $1, '{}', 1, 1, $2)`,
        [source, lines],
      );
    await add('{}', '[]');
    await add('{"schema": "public", "table": "document"}', '[[null, {"path": "x"}, "00"]]');
    await add('{"schema": "public", "table": "document"}', 'nothing that JSON is');
    await run(`INSERT INTO document VALUES ('a', 'one')`);
    expect(await told()).toEqual([['row_inserted', 'a', 'one']]);
    expect((await parked()).map(({ lines }) => lines)).toEqual([
      '[]',
      '[[null, {"path": "x"}, "00"]]',
      'nothing that JSON is',
    ]);
  });

  it('waits in the outbox while a trigger refuses every row change', async () => {
    await superuser(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$`);
    await superuser(
      `CREATE TRIGGER a_refuse BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.category = 'data_change') EXECUTE FUNCTION refuse()`,
    );
    await run(`INSERT INTO document VALUES ('a', 'one')`);
    await eventually(() => scene.drainError() !== undefined);
    expect(await parked()).toEqual([]);
    await superuser('LOCK TABLE audit_event; DROP TRIGGER a_refuse ON audit_event');
    expect(await told()).toEqual([['row_inserted', 'a', 'one']]);
  });

  it('lets the erasures of other persons pass, and those of who stands in it wait', async () => {
    await run('CREATE TABLE letter (id text PRIMARY KEY, note text)');
    await captureTables(database.url, { 'public.letter': { facts: ['id'] } });
    await run(`INSERT INTO letter VALUES ($1, 'of Ada@Example.com, not of bob@example.com.au')`, [BAD]);
    await eventually(async () => (await parked()).length === 1);
    await isDone((await erase('p-2', ['bob@example.com', 'example'])).id);
    const { id } = await erase('p-1', ['ada@example.com']);
    await waits(id);
    await acceptBad();
    await retry();
    await isDone(id);
    expect(await told()).toEqual([['row_inserted', 'bad', undefined]]);
    expect(await superuser(`SELECT id FROM audit_event e WHERE to_jsonb(e)::text ILIKE '%ada@example%'`)).toEqual([]);
  });

  it('lets the erasure of its actor, and of the user whose row it is, wait', async () => {
    await run('CREATE TABLE person (id text PRIMARY KEY)');
    await captureTables(database.url, { 'public.person': { resource: 'user' } });
    await scene.events();
    const scope = await openSigned(database);
    await AuditContext.run({ actor: { type: 'user', id: 'p-1', onBehalfOf: { type: 'user', id: 'p-2' } } }, () =>
      scope.query('INSERT INTO person VALUES ($1)', [BAD]),
    );
    await scope.end();
    await eventually(async () => (await parked()).length === 1);
    await isDone((await erase('p-3', ['p-33'])).id);
    for (const person of ['p-1', 'p-2', BAD]) await waits((await erase(person)).id);
  });

  it('lets the erasure of a person wait who stands in what no trigger wrote', async () => {
    await run(
      `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines) VALUES ('INSERT', '{}', '{}', 1, 1, $1)`,
      ['no JSON of \\u0000 p-1 and ada@example.com'],
    );
    await eventually(async () => (await parked()).length === 1);
    await isDone((await erase('p-2', ['bob@example.com'])).id);
    await waits((await erase('p-1')).id);
    await waits((await erase('p-3', ['ada@example.com'])).id);
  });
});
