import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { command as captureRevert } from '../../src/extensions/row-changes/commands/capture-revert.command.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { AuditQuery, type LedgerEvent } from '../../src/monitoring/index.js';
import { storeContextKey } from '../support/context-scene.js';
import { expectCommandJson } from '../support/expect-command-json.js';
import { eventually, closeAfterTests, openClient, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const COMMAND = 'nestjs-audit-ledger migrate';
const KEY = 'a key of more than thirty-two characters';
const VALUES = String.raw`('it''s', '{"x,y","q\"z"}', 12345678901234.5678, '2026-11-20T08:00:00.123456Z', '\xdeadbeef', '{"b": [1, "t"], "a": null}')`;
const INSERT_ODD = `INSERT INTO "Odd ""Table" ("a Name", tags, price, at, raw, doc) VALUES ${VALUES}`;

const database = await testDatabase();
const scene = await closeAfterTests(startRowChanges(database));
const other = await closeAfterTests(openClient(database.url));
const run = (statement: string) => database.sql(statement);
const superuser = (statement: string) => database.superuserSql(statement);
await run(`
  CREATE TABLE "Odd ""Table" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "a Name" text, tags text[],
    price numeric(20,4), at timestamptz, raw bytea, doc jsonb, pin text, twice numeric GENERATED ALWAYS AS (price * 2) STORED);
  CREATE TABLE shop (id int PRIMARY KEY, name text UNIQUE);
  CREATE TABLE item (id int PRIMARY KEY, stock int, pin text, shop_id int REFERENCES shop ON DELETE CASCADE);
  CREATE TABLE badge (id int PRIMARY KEY, item_id int REFERENCES item DEFERRABLE INITIALLY DEFERRED)`);
await captureTables(database.url, {
  'public.Odd "Table': { resource: 'odd' },
  ...{ 'public.shop': {}, 'public.item': {}, 'public.badge': {} },
});
const keyFile = join(tmpdir(), `audit-context-${database.name}.key`);
await writeFile(keyFile, KEY);
await storeContextKey(database, 'k', KEY);

const readRows = (table: string) => run(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY id`);
const stocks = async () => (await run('SELECT stock FROM item ORDER BY id')).map(({ stock }) => stock);
const command = (event: LedgerEvent | undefined, ...more: readonly string[]) =>
  captureRevert.run(['--event', event?.id ?? '', '--database-url', database.url, ...more]);
const revert = (event: LedgerEvent | undefined, ...more: readonly string[]) =>
  command(event, '--reason', 'wrong ïmport', '--by', 'ada', '--context-key', keyFile, ...more);
const last = async (type: string): Promise<LedgerEvent | undefined> => {
  await scene.events(type);
  const filter = { resourceType: [type], type: ['row_inserted', 'row_updated', 'row_deleted'], limit: 1 };
  return (await scene.app.get(AuditQuery).find({ scope: 'all' }, filter)).items[0];
};
const reverts = async () =>
  (await scene.app.get(AuditQuery).find({ scope: 'all' }, { action: 'row_change_revert' })).items;
const refused = (part: string) => ({ exitCode: 2, errors: expect.stringMatching(part) });
const succeeds = { exitCode: 0 };
const ITEM = 'INSERT INTO item VALUES (1, 5)';
const UPDATE = 'UPDATE item SET stock = 6';

async function lastAfter(type: string, ...statements: readonly string[]): Promise<LedgerEvent | undefined> {
  for (const statement of statements) await run(statement);
  return last(type);
}

const WAITING = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = '${COMMAND}'`;
const isWaiting = () => eventually(async () => (await superuser(`SELECT ${WAITING}`)).length > 0);

async function switchCapture(table: string, isOn: boolean): Promise<void> {
  if (!isOn) await superuser(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  for (const name of isOn ? ['insert', 'update', 'delete', 'truncate'] : [])
    await superuser(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER row_capture_${name}`);
}

async function whileUndrained<Result>(work: () => Promise<Result>): Promise<Result> {
  await superuser(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
    CREATE TRIGGER a_refuse BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.type IN ('row_inserted', 'row_updated', 'row_deleted'))
      EXECUTE FUNCTION refuse()`);
  try {
    return await work();
  } finally {
    // `DROP FUNCTION … CASCADE` locks the partitions first, which deadlocks with a drain that stores events.
    await superuser('LOCK TABLE audit_event; DROP TRIGGER a_refuse ON audit_event; DROP FUNCTION refuse()');
  }
}

beforeEach(async () => {
  for (const table of ['"Odd ""Table"', 'badge', 'item', 'shop']) await run(`DELETE FROM ${table}`);
  await scene.events();
});

describe('capture revert', () => {
  it('prints the statement with its parameters, and changes nothing', async () => {
    const event = await lastAfter('odd', INSERT_ODD, `UPDATE "Odd ""Table" SET "a Name" = NULL, price = 1`);
    const before = await readRows('"Odd ""Table"');
    const { output } = await command(event, '--dry-run');
    expect(output).toContain('UPDATE "public"."Odd ""Table" AS t SET "a Name" = v."a Name", "price" = v."price" FROM');
    expect(output).toContain(`-- $1 = {"a Name":"it's","price":"12345678901234.5678"}`);
    const asJson = expectCommandJson('capture revert', (await command(event, '--dry-run', '--json')).output);
    expect(asJson).toMatchObject({ table: 'Odd "Table', reverted: false });
    expect(await readRows('"Odd ""Table"')).toEqual(before);
  });

  it('undoes an update, a delete and an insert exactly, with an event in the same transaction', async () => {
    const inserted = await lastAfter('odd', INSERT_ODD);
    const original = await readRows('"Odd ""Table"');
    const updated = await lastAfter(
      'odd',
      `UPDATE "Odd ""Table" SET tags = NULL, at = now(), raw = '', doc = '3', price = 2`,
    );
    expect(await command(updated, '--reason', 'wrong', '--by', 'ada')).toMatchObject(succeeds);
    expect(await readRows('"Odd ""Table"')).toEqual(original);
    const reverting = await last('odd');
    expect(await reverts()).toMatchObject([
      {
        actor: { type: 'admin', id: 'ada' },
        reason: 'wrong',
        resource: { type: 'odd' },
        details: { eventId: updated?.id, transaction: reverting?.details.transaction },
      },
    ]);
    expect(await revert(await lastAfter('odd', 'DELETE FROM "Odd ""Table"'))).toMatchObject(succeeds);
    expect(await readRows('"Odd ""Table"')).toEqual(original);
    expect(await revert(inserted)).toMatchObject(refused('was changed later'));
    expect(await revert(await last('odd'))).toMatchObject(succeeds);
    expect(await readRows('"Odd ""Table"')).toEqual([]);
    expect(await revert((await reverts())[0])).toMatchObject(refused('not the captured change'));
  });

  it('is captured with the operator and the reason by the key of the context, and can be undone itself', async () => {
    const event = await lastAfter('item', ITEM, UPDATE);
    expect(await revert(event)).toMatchObject(succeeds);
    const reverting = await last('item');
    expect(reverting).toMatchObject({
      ...{ type: 'row_updated', actor: { type: 'admin', id: 'ada' }, reason: 'wrong ïmport' },
      changes: { before: { stock: 6 }, after: { stock: 5 } },
      metadata: { operationId: (await reverts())[0]?.metadata.operationId },
    });
    expect(await revert(reverting)).toMatchObject(succeeds);
    expect(await stocks()).toEqual([6]);
  });

  it('leaves columns alone that are computed when they are read', async () => {
    const [{ version } = {}] = await run(`SELECT current_setting('server_version_num')::int AS version`);
    if (Number(version) < 180_000) return; // which has no such columns
    await run('CREATE TABLE sum (id int PRIMARY KEY, part int, twice int GENERATED ALWAYS AS (part * 2) VIRTUAL)');
    await captureTables(database.url, { 'public.sum': {} });
    await run('INSERT INTO sum (id, part) VALUES (1, 5)');
    for (const change of ['UPDATE sum SET part = 6', 'DELETE FROM sum'])
      expect(await revert(await lastAfter('sum', change))).toMatchObject(succeeds);
    expect(await run('SELECT * FROM sum')).toEqual([{ id: 1, part: 5, twice: 10 }]);
  });

  it('gives back each value exactly, or refuses by the names of its columns', async () => {
    // The statements of a revert use the same names as the columns.
    await run(`CREATE TYPE span AS (low bigint, rate numeric);
      CREATE TABLE exact (id int PRIMARY KEY, t jsonb, v span, s float8, r int[], "row" json, name text, without timestamptz)`);
    await captureTables(database.url, { 'public.exact': {} });
    const columns = 't::text, v::text, s::text, r::text, name';
    const row = async () => (await run(`SELECT ${columns} FROM exact`))[0];
    const docs = ['NULL', `'null'`, `'"null"'`, `'{"id": 1582917533873852417}'`, `'{"price": "9.90"}'`];
    for (const doc of docs) {
      await run(`INSERT INTO exact VALUES (1, ${doc}, (9007199254740993, 2.50), '-0', '[0:1]={1,2}', NULL, '007.0')`);
      const former = await row();
      for (const change of [
        `UPDATE exact SET t = '{"price": 10.50}', v = (1, 1), s = 1, r = '{1,2}', name = '9.90'`,
        'DELETE FROM exact',
      ]) {
        expect(await revert(await lastAfter('exact', change))).toMatchObject(succeeds);
        expect(await row()).toEqual(former);
      }
      await run('DELETE FROM exact');
    }
    await run(
      `CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.without = now(); RETURN NEW; END $$`,
    );
    await run(`INSERT INTO exact VALUES (1, '{"a": 9.90, "b": "9.90"}', NULL, 0, '{}', '{"b":1, "a":1}')`);
    for (const [column, ...changes] of [
      ['t', `UPDATE exact SET t = '{"a": 1}'`],
      ['t', `UPDATE exact SET t = '{"password": "secret"}'`, `UPDATE exact SET t = '{}'`],
      ['row', `UPDATE exact SET "row" = '{}'`],
      [
        'without',
        'CREATE TRIGGER stamp BEFORE UPDATE ON exact FOR EACH ROW EXECUTE FUNCTION stamp()',
        'UPDATE exact SET s = 2',
      ],
    ] as const) {
      const event = await lastAfter('exact', ...changes);
      const changed = await row();
      expect(await revert(event)).toMatchObject(refused(`exact (old|former) value of ${column}[.:]`));
      expect(await row()).toEqual(changed);
    }
    expect(await reconcileLedger({ database: database.url })).toMatchObject({
      verdict: 'complete',
      notes: [expect.stringMatching(/^public\.exact: .* not seen in row\.$/)],
    });
  });
});

describe('a revert of a row that changed since', () => {
  it('is refused by the later event, by the row, and where the row is gone', async () => {
    const first = await lastAfter('item', `INSERT INTO item VALUES (1, 5, '1234')`, 'UPDATE item SET stock = 6');
    const ofSecret = await lastAfter('item', `UPDATE item SET pin = '9'`);
    expect(await revert(first)).toMatchObject(refused(`by event ${ofSecret?.id}`));
    expect(await revert(ofSecret)).toMatchObject(refused('old value of pin'));
    const seen = await lastAfter('item', 'UPDATE item SET stock = 7');
    await switchCapture('item', false);
    await run('UPDATE item SET stock = 8');
    expect(await revert(seen)).toMatchObject(refused('was changed later, in stock'));
    await run('DELETE FROM item');
    expect(await revert(seen)).toMatchObject(refused('was deleted'));
    await switchCapture('item', true);
    const inserted = await lastAfter('item', `INSERT INTO item VALUES (1, 5, '1234')`);
    await switchCapture('item', false);
    await run(`UPDATE item SET pin = '9999'`); // no event and no image tells a secret
    expect(await revert(inserted)).toMatchObject(refused('was changed later'));
    await switchCapture('item', true);
  });

  it('is refused also while the changes wait in the outbox, and the row is as it was', async () => {
    const event = await lastAfter('item', ITEM, UPDATE);
    const result = await whileUndrained(async () => {
      await run(`UPDATE item SET stock = 7; ${UPDATE}`);
      return revert(event);
    });
    expect(result).toMatchObject(refused('was changed later'));
    expect(await stocks()).toEqual([6]);
  });

  it.each([
    [UPDATE, 'UPDATE item SET stock = 9', 'COMMIT', refused('was changed later, (in stock|by event)'), [9]],
    [UPDATE, 'DELETE FROM item', 'COMMIT', refused('was deleted later|was changed later, by event'), []],
    [UPDATE, 'UPDATE item SET stock = 9', 'ROLLBACK', succeeds, [5]],
    ['DELETE FROM item', 'INSERT INTO item VALUES (1, 7)', 'COMMIT', refused('duplicate key'), [7]],
  ])('of %s waits for %s until its %s', async (change, statement, end, result, left) => {
    const event = await lastAfter('item', ITEM, change);
    const before = await reverts();
    await other.query('BEGIN');
    await other.query(statement);
    const reverting = revert(event);
    await isWaiting();
    await other.query(end);
    expect(await reverting).toMatchObject(result);
    expect(await stocks()).toEqual(left);
    expect(await reverts()).toHaveLength(before.length + (end === 'COMMIT' ? 0 : 1));
  });

  it('undoes a change once, of several at the same time', async () => {
    const event = await lastAfter('item', ITEM, 'DELETE FROM item');
    const before = await reverts();
    const results = await Promise.all([revert(event), revert(event), revert(event)]);
    expect(results.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 2, 2]);
    for (const { errors = 'Cannot revert the change of event' } of results)
      expect(errors).toMatch(/^Cannot revert the change of event/);
    expect(await stocks()).toEqual([5]);
    expect(await reverts()).toHaveLength(before.length + 1);
  });
});

describe('a revert that the tables refuse', () => {
  const SHOP = `INSERT INTO shop VALUES (3, 'north')`;

  it.each([
    ['a missing parent', 'item', [SHOP, 'INSERT INTO item VALUES (1, 5, NULL, 3)', 'DELETE FROM item'], 'DELETE FROM shop', 'item_shop_id_fkey'],
    ['a constraint that is checked at the end', 'item', ['INSERT INTO item VALUES (1, 5)'], 'INSERT INTO badge VALUES (4, 1)', 'badge_item_id_fkey'],
    ['a unique value of another row', 'shop', [SHOP, `UPDATE shop SET name = 'south'`], `INSERT INTO shop VALUES (4, 'north')`, 'shop_name_key'],
    ['rows that it would cascade to', 'shop', [SHOP], 'INSERT INTO item VALUES (1, 5, NULL, 3)', 'public.item'],
  ])('reports it and records nothing: %s', async (_what, type, given, later, part) => {
    const event = await lastAfter(type, ...given);
    await run(later);
    const before = [await reverts(), await readRows('item'), await readRows('shop')];
    expect(await revert(event)).toEqual(refused(`^Cannot revert the change of event [0-9a-f-]+: .*${part}`));
    expect([await reverts(), await readRows('item'), await readRows('shop')]).toEqual(before);
  }); // prettier-ignore

  it('says that it was cancelled while it waited, and works when the lock is gone', async () => {
    const event = await lastAfter('item', ITEM, UPDATE);
    await other.query('BEGIN');
    await other.query('SELECT FROM item FOR UPDATE');
    const reverting = revert(event);
    await isWaiting();
    await superuser(`SELECT pg_cancel_backend(pid) ${WAITING}`);
    expect(await reverting).toMatchObject(refused('57014.*Run the command again'));
    await other.query('ROLLBACK');
    expect(await revert(event)).toMatchObject(succeeds);
  });
});
