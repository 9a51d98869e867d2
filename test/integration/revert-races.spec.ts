import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { command as captureRevert } from '../../src/rooms/row-changes/commands/capture-revert.command.js';
import { AuditQuery, type LedgerEvent } from '../../src/monitoring/index.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { storeContextKey } from '../support/context-scene.js';
import { eventually, kept, openClient, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const COMMAND = 'nestjs-audit-ledger migrate';
const KEY = 'a key of more than thirty-two characters';
beforeEach(async () => {
  await run('DELETE FROM badge');
  await run('DELETE FROM item');
  await run('DELETE FROM shop');
  await scene.events();
});

const run = (statement: string, values: readonly unknown[] = []) => database.sql(statement, values);

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
await run('CREATE TABLE shop (id int PRIMARY KEY, name text UNIQUE)');
await run('CREATE TABLE item (id int PRIMARY KEY, stock int, pin text, shop_id int REFERENCES shop ON DELETE CASCADE)');
await run('CREATE TABLE badge (id int PRIMARY KEY, item_id int REFERENCES item DEFERRABLE INITIALLY DEFERRED)');
await captureTables(database.url, { 'public.shop': {}, 'public.item': {}, 'public.badge': {} });
const keyFile = join(tmpdir(), `audit-context-${database.name}.key`);
await writeFile(keyFile, KEY);
await storeContextKey(database, 'k', KEY);
const other = await kept(openClient(database.url));
const superuser = (statement: string) => database.superuserSql(statement);
const items = () => run('SELECT id, stock, pin FROM item ORDER BY id');
const revert = (event: LedgerEvent | undefined, ...more: readonly string[]) => {
  const why = ['--reason', 'wrong import', '--by', 'ada', '--context-key', keyFile];
  return captureRevert.run(['--event', event?.id ?? '', '--database-url', database.url, ...why, ...more]);
};
const last = async (type: string): Promise<LedgerEvent | undefined> => (await newest(type, 1))[0];
const newest = async (resourceType: string, limit: number): Promise<readonly LedgerEvent[]> => {
  await scene.events(resourceType);
  const filter = { resourceType: [resourceType], type: ['row_inserted', 'row_updated', 'row_deleted'] };
  return (await scene.app.get(AuditQuery).find({ scope: 'all' }, { ...filter, limit })).items;
};
const reverts = async (): Promise<number> =>
  (await scene.app.get(AuditQuery).find({ scope: 'all' }, { action: 'row_change_revert' })).items.length;

const isWaiting = () =>
  eventually(async () => {
    const rows = await superuser(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = '${COMMAND}'`,
    );
    return rows.length > 0;
  });

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

describe('a revert while the application changes the same row', () => {
  const ENDS = [
    [
      'COMMIT',
      'UPDATE item SET stock = 9',
      { exitCode: 2, errors: expect.stringMatching(/was changed later, (in stock|by event)/) },
      9,
    ],
    [
      'COMMIT',
      'DELETE FROM item',
      { exitCode: 2, errors: expect.stringMatching(/was deleted later|was changed later, by event/) },
      undefined,
    ],
    ['ROLLBACK', 'UPDATE item SET stock = 9', { exitCode: 0 }, 5],
    ['ROLLBACK', 'DELETE FROM item', { exitCode: 0 }, 5],
  ] as const;

  it.each(ENDS)('waits for its %s of %s', async (end, statement, result, stock) => {
    await run('INSERT INTO item VALUES (1, 5)');
    await run('UPDATE item SET stock = 6');
    const event = await last('item');
    const before = await reverts();
    await other.query('BEGIN');
    await other.query(statement);
    const reverting = revert(event);
    await isWaiting();
    await other.query(end);
    expect(await reverting).toMatchObject(result);
    expect((await items()).map((row) => row.stock)).toEqual(stock === undefined ? [] : [stock]);
    expect(await reverts()).toBe(before + (end === 'COMMIT' ? 0 : 1));
  });

  it('of a deletion waits for a row of the same key, and refuses where that is committed', async () => {
    await run('INSERT INTO item VALUES (1, 5)');
    await run('DELETE FROM item');
    const event = await last('item');
    await other.query('BEGIN');
    await other.query('INSERT INTO item VALUES (1, 7)');
    const reverting = revert(event);
    await isWaiting();
    await other.query('COMMIT');
    const { exitCode, errors } = await reverting;
    expect({ exitCode, errors }).toEqual({
      exitCode: 2,
      errors: expect.stringContaining('Cannot revert the change of event'),
    });
    expect(errors).toContain('duplicate key');
    expect((await items()).map((row) => row.stock)).toEqual([7]);
  });

  it.each(['UPDATE item SET stock = 6', 'DELETE FROM item'])('by another revert undoes %s once', async (statement) => {
    await run('INSERT INTO item VALUES (1, 5)');
    await run(statement);
    const event = await last('item');
    const before = await reverts();
    const results = await Promise.all([revert(event), revert(event), revert(event)]);
    expect(results.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 2, 2]);
    for (const { errors } of results)
      if (errors !== undefined) expect(errors).toMatch(/^Cannot revert the change of event/);
    expect((await items()).map((row) => row.stock)).toEqual([5]);
    expect(await reverts()).toBe(before + 1);
  });
});

describe('a revert of a row that changed since', () => {
  it('refuses also while the changes wait in the outbox, and the row is as it was', async () => {
    await run('INSERT INTO item VALUES (1, 5)');
    await run('UPDATE item SET stock = 6');
    const event = await last('item');
    const result = await whileUndrained(async () => {
      await run('UPDATE item SET stock = 7');
      await run('UPDATE item SET stock = 6');
      return revert(event);
    });
    expect(result).toEqual({ exitCode: 2, errors: expect.stringContaining('was changed later') });
    expect((await items()).map((row) => row.stock)).toEqual([6]);
  });

  it('refuses where only a secret changed, which no event and no image tells', async () => {
    await run(`INSERT INTO item VALUES (1, 5, '1234')`);
    const event = await last('item');
    const captured = await whileUndrained(async () => {
      await run(`UPDATE item SET pin = '9999'`);
      return revert(event);
    });
    expect(captured).toEqual({ exitCode: 2, errors: expect.stringContaining('was changed later') });
    await run('DELETE FROM item');
    await run(`INSERT INTO item VALUES (1, 5, '1234')`);
    const again = await last('item');
    await superuser(
      `SET session_replication_role = replica; ALTER TABLE item DISABLE TRIGGER USER; UPDATE item SET pin = '9999'`,
    );
    expect(await revert(again)).toEqual({ exitCode: 2, errors: expect.stringContaining('was changed later') });
    for (const name of ['insert', 'update', 'delete', 'truncate']) {
      await superuser(`ALTER TABLE item ENABLE ALWAYS TRIGGER row_capture_${name}`);
    }
    expect(await items()).toEqual([{ id: 1, stock: 5, pin: '9999' }]);
  });
});

describe('a revert that the tables refuse', () => {
  const refused = (part: string) => ({
    exitCode: 2,
    errors: expect.stringMatching(new RegExp(`^Cannot revert the change of event [0-9a-f-]+: .*${part}`)),
  });

  it('says that the parent of a deleted row is gone, and records nothing', async () => {
    await run(`INSERT INTO shop VALUES (3, 'north')`);
    await run('INSERT INTO item VALUES (1, 5, NULL, 3)');
    await run('DELETE FROM item');
    const event = await last('item');
    await run('DELETE FROM shop');
    const before = await reverts();
    expect(await revert(event)).toEqual(refused('item_shop_id_fkey'));
    expect(await items()).toEqual([]);
    expect(await reverts()).toBe(before);
  });

  it('reports a constraint, too, that is checked at the end of the transaction', async () => {
    await run('INSERT INTO item VALUES (1, 5)');
    const event = await last('item');
    await run('INSERT INTO badge VALUES (4, 1)');
    expect(await revert(event)).toEqual(refused('badge_item_id_fkey'));
    expect(await items()).toHaveLength(1);
  });

  it('says that another row has taken a unique value', async () => {
    await run(`INSERT INTO shop VALUES (3, 'north')`);
    await run(`UPDATE shop SET name = 'south'`);
    const event = await last('shop');
    await run(`INSERT INTO shop VALUES (4, 'north')`);
    expect(await revert(event)).toEqual(refused('shop_name_key'));
  });

  it('says that it was cancelled while it waited, and works when the lock is gone', async () => {
    await run('INSERT INTO item VALUES (1, 5)');
    await run('UPDATE item SET stock = 6');
    const event = await last('item');
    const before = await reverts();
    await other.query('BEGIN');
    await other.query('SELECT FROM item FOR UPDATE');
    const reverting = revert(event);
    await isWaiting();
    await superuser(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = '${COMMAND}'`,
    );
    expect(await reverting).toEqual(refused('57014.*Run the command again'));
    await other.query('ROLLBACK');
    expect(await reverts()).toBe(before);
    expect(await revert(event)).toMatchObject({ exitCode: 0 });
  });

  it('takes no other row along: an inserted parent stays while rows that it would cascade to are there', async () => {
    await run(`INSERT INTO shop VALUES (3, 'north')`);
    const event = await last('shop');
    await run('INSERT INTO item VALUES (1, 5, NULL, 3)');
    for (const more of [['--dry-run'], []]) expect(await revert(event, ...more)).toEqual(refused('public.item'));
    expect(await items()).toHaveLength(1);
    await run('DELETE FROM item');
    expect(await revert(event)).toMatchObject({ exitCode: 0 });
    expect(await run('SELECT FROM shop')).toEqual([]);
  });
});

it('a revert leaves columns alone that are computed when they are read', async () => {
  const [{ version } = {}] = await run(`SELECT current_setting('server_version_num')::int AS version`);
  if (Number(version) < 180_000) return; // which has no such columns
  await run('CREATE TABLE sum (id int PRIMARY KEY, part int, twice int GENERATED ALWAYS AS (part * 2) VIRTUAL)');
  await captureTables(database.url, { 'public.sum': {} });
  await run('INSERT INTO sum (id, part) VALUES (1, 5)');
  const inserted = await last('sum');
  await run('UPDATE sum SET part = 6');
  expect(await revert(await last('sum'))).toMatchObject({ exitCode: 0 });
  await run('DELETE FROM sum');
  expect(await revert(await last('sum'))).toMatchObject({ exitCode: 0 });
  expect(await run('SELECT * FROM sum')).toEqual([{ id: 1, part: 5, twice: 10 }]);
  expect(await revert(inserted)).toMatchObject({ exitCode: 2 });
  expect(await revert(await last('sum'))).toMatchObject({ exitCode: 0 });
});

it('a revert is captured, with the operator and the reason, and can be undone itself', async () => {
  await run('INSERT INTO item VALUES (1, 5)');
  await run('UPDATE item SET stock = 6');
  expect(await revert(await last('item'))).toMatchObject({ exitCode: 0 });
  const reverting = await last('item');
  expect(reverting).toMatchObject({
    type: 'row_updated',
    actor: { type: 'admin', id: 'ada' },
    reason: 'wrong import',
    changes: { before: { stock: 6 }, after: { stock: 5 } },
  });
  expect(await revert(reverting)).toMatchObject({ exitCode: 0 });
  expect((await items()).map((row) => row.stock)).toEqual([6]);
  expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete', findings: [] });
});
