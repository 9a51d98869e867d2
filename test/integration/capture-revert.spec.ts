import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { padContextKey } from '../../src/audit/nest-free.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { command as captureRevert } from '../../src/rooms/row-changes/commands/capture-revert.command.js';
import { AuditQuery, type LedgerEvent } from '../../src/monitoring/index.js';
import { expectJsonOf } from '../support/expect-json-of.js';
import { kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const run = (statement: string, values: readonly unknown[] = []) => database.sql(statement, values);

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
await run(`CREATE TABLE "Odd ""Table" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "a Name" text, tags text[],
      price numeric(20,4), at timestamptz, raw bytea, doc jsonb, pin text, twice numeric GENERATED ALWAYS AS (price * 2) STORED)`);
await captureTables(database.url, { 'public.Odd "Table': { resource: 'odd' } });
const rows = () => run('SELECT to_jsonb(t) AS row FROM "Odd ""Table" t ORDER BY id');
const revert = (event: LedgerEvent | undefined, ...more: readonly string[]) =>
  captureRevert.run(['--event', event?.id ?? '', '--database-url', database.url, ...more]);
const why = ['--reason', 'wrong import', '--by', 'ada'];
const last = async (): Promise<LedgerEvent | undefined> =>
  (await scene.events()).filter(({ type }) => type.startsWith('row_') && type !== 'row_change_revert').at(-1);

const VALUES = `('it''s', '{"x,y","q\\"z"}', 12345678901234.5678, '2026-11-20T08:00:00.123456Z', '\\xdeadbeef', '{"b": [1, "t"], "a": null}')`;
const insert = () => run(`INSERT INTO "Odd ""Table" ("a Name", tags, price, at, raw, doc) VALUES ${VALUES}`);

describe('capture revert', () => {
  it('prints the statement with its parameters, and changes nothing', async () => {
    await insert();
    await run(`UPDATE "Odd ""Table" SET "a Name" = NULL, price = 1`);
    const before = await rows();
    const { exitCode, output } = await revert(await last(), '--dry-run');
    expect({ exitCode, output }).toEqual({
      exitCode: 0,
      output: expect.stringContaining(
        'UPDATE "public"."Odd ""Table" AS t SET "a Name" = v."a Name", "price" = v."price" FROM',
      ),
    });
    expect(output).toContain(`-- $1 = {"a Name":"it's","price":"12345678901234.5678"}`);
    const asJson = expectJsonOf('capture revert', (await revert(await last(), '--dry-run', '--json')).output);
    expect(asJson).toMatchObject({ table: 'Odd "Table', reverted: false });
    expect(await rows()).toEqual(before);
  });

  it('undoes an update, a delete and an insert exactly, with an event in the same transaction', async () => {
    await run('DELETE FROM "Odd ""Table"');
    await insert();
    const inserted = await last();
    const original = await rows();
    await run(`UPDATE "Odd ""Table" SET tags = NULL, at = now(), raw = '', doc = '3', price = 2`);
    const updated = await last();
    expect(await revert(updated, ...why)).toMatchObject({ exitCode: 0 });
    expect(await rows()).toEqual(original);
    const { items } = await scene.app.get(AuditQuery).find({ scope: 'all' }, { action: 'row_change_revert' });
    const reverting = await last();
    expect(items).toMatchObject([
      {
        actor: { type: 'admin', id: 'ada' },
        reason: 'wrong import',
        resource: { type: 'odd' },
        details: { eventId: updated?.id, transaction: reverting?.details.transaction },
      },
    ]);
    await run('DELETE FROM "Odd ""Table"');
    expect(await revert(await last(), ...why)).toMatchObject({ exitCode: 0 });
    expect(await rows()).toEqual(original);
    expect(await revert(inserted, ...why)).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('was changed later'),
    });
    expect(await revert(await last(), ...why)).toMatchObject({ exitCode: 0 });
    expect(await rows()).toEqual([]);
  });

  it('undoes changes of a table whose columns have the names that its statements use', async () => {
    await run(
      `CREATE TABLE aliases (k int PRIMARY KEY, t text, v numeric[], name text, without text, r text, s text, "row" money)`,
    );
    await captureTables(database.url, { 'public.aliases': {} });
    await run(`INSERT INTO aliases VALUES (1, 'a', '{1.10,2.0}', 'b', 'c', 'd', 'e', '12.34')`);
    const original = await run('SELECT a.*, v::text AS texts FROM aliases a');
    await run(`UPDATE aliases SET t = 'z', v = '{2}', name = 'y', without = 'x', "row" = '1'`);
    expect(await revert(await last(), ...why)).toMatchObject({ exitCode: 0 });
    await run('DELETE FROM aliases');
    expect(await revert(await last(), ...why)).toMatchObject({ exitCode: 0 });
    expect(await run('SELECT a.*, v::text AS texts FROM aliases a')).toEqual(original);
    const { verdict } = await reconcileLedger({ database: database.url, tables: ['aliases'] });
    expect(verdict).toBe('complete');
  });

  it('gives back each value exactly, or refuses by the names of its columns', async () => {
    await run('CREATE TYPE span AS (low bigint, rate numeric)');
    await run(
      'CREATE TABLE exact (id int PRIMARY KEY, doc jsonb, at span, size float8, list int[], raw json, note text, stamp timestamptz)',
    );
    await captureTables(database.url, { 'public.exact': {} });
    const columns = 'doc::text, at::text, size::text, list::text, note';
    const row = async () => (await run(`SELECT ${columns} FROM exact`))[0];
    const docs = ['NULL', `'null'`, `'"null"'`, `'{"id": 1582917533873852417}'`, `'{"id": "1582917533873852417"}'`];
    for (const doc of [
      ...docs,
      `'{"price": 9.90}'`,
      `'{"price": "9.90", "of": [1, null]}'`,
      `'12345678901234567890'`,
    ]) {
      await run(`INSERT INTO exact VALUES (1, ${doc}, (9007199254740993, 2.50), '-0', '[0:1]={1,2}', NULL, '007.0')`);
      const former = await row();
      await run(
        `UPDATE exact SET doc = '{"price": 10.50}', at = (1, 1), size = 1, list = '{1,2}', note = '9.90' WHERE id = 1`,
      );
      expect(await revert(await last(), ...why)).toMatchObject({ exitCode: 0 });
      expect(await row()).toEqual(former);
      await run('DELETE FROM exact');
      expect(await revert(await last(), ...why)).toMatchObject({ exitCode: 0 });
      expect(await row()).toEqual(former);
      await run('DELETE FROM exact');
    }
    const refuses = async (column: string, change: string) => {
      await run(change);
      const changed = await row();
      const errors = expect.stringMatching(new RegExp(`exact (old|former) value of ${column}[.:]`));
      expect(await revert(await last(), ...why)).toMatchObject({ exitCode: 2, errors });
      expect(await row()).toEqual(changed);
    };
    await run(`INSERT INTO exact VALUES (1, '{"a": 9.90, "b": "9.90"}', NULL, 0, '{}', '{"b":1, "a":1}')`);
    await refuses('doc', `UPDATE exact SET doc = '{"a": 1}'`);
    await run(`UPDATE exact SET doc = '{"password": "secret"}'`);
    await refuses('doc', `UPDATE exact SET doc = '{}'`);
    await refuses('raw', `UPDATE exact SET raw = '{}'`);
    await run(
      `CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.stamp = now(); RETURN NEW; END $$`,
    );
    await run('CREATE TRIGGER stamp BEFORE UPDATE ON exact FOR EACH ROW EXECUTE FUNCTION stamp()');
    await refuses('stamp', 'UPDATE exact SET size = 2');
    expect(await reconcileLedger({ database: database.url, tables: ['exact'] })).toMatchObject({
      verdict: 'complete',
      notes: [expect.stringMatching(/^public\.exact: .* not seen in raw\.$/)],
    });
  });

  it('refuses what changed since, what is not known, and what is not a change of a row', async () => {
    await run(`INSERT INTO "Odd ""Table" ("a Name", pin) VALUES ('x', '1234')`);
    await run(`UPDATE "Odd ""Table" SET "a Name" = 'y'`);
    const first = await last();
    await run(`UPDATE "Odd ""Table" SET pin = '9'`);
    const ofSecret = await last();
    expect(await revert(first, ...why)).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining(`by event ${ofSecret?.id}`),
    });
    expect(await revert(ofSecret, ...why)).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('old value of pin'),
    });
    await database.superuserSql('ALTER TABLE "Odd ""Table" DISABLE TRIGGER USER');
    await run(`UPDATE "Odd ""Table" SET "a Name" = 'y'`);
    await database.superuserSql('ALTER TABLE "Odd ""Table" ENABLE ALWAYS TRIGGER row_capture_update');
    await run(`UPDATE "Odd ""Table" SET "a Name" = 'z'`);
    const seen = await last();
    await database.superuserSql('ALTER TABLE "Odd ""Table" DISABLE TRIGGER USER');
    await run(`UPDATE "Odd ""Table" SET "a Name" = 'unseen'`);
    expect(await revert(seen, ...why)).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('was changed later, in a Name'),
    });
    await run('DELETE FROM "Odd ""Table"');
    expect(await revert(seen, ...why)).toMatchObject({ exitCode: 2, errors: expect.stringContaining('was deleted') });
    for (const name of ['insert', 'update', 'delete', 'truncate']) {
      await database.superuserSql(`ALTER TABLE "Odd ""Table" ENABLE ALWAYS TRIGGER row_capture_${name}`);
    }
    const { items } = await scene.app.get(AuditQuery).find({ scope: 'all' }, { action: 'row_change_revert' });
    expect(await revert(items[0], ...why)).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('not the captured change'),
    });
  });

  it('gives the captured change its actor and reason, with the key of the context', async () => {
    const key = 'a key of more than thirty-two characters';
    const file = join(tmpdir(), `audit-context-${database.name}.key`);
    await writeFile(file, key);
    const { inner, outer } = padContextKey(key);
    await database.superuserSql('INSERT INTO audit_context_key (id, inner_pad, outer_pad) VALUES ($1, $2, $3)', [
      'k',
      inner,
      outer,
    ]);
    await run(`INSERT INTO "Odd ""Table" ("a Name") VALUES ('x')`);
    expect(await revert(await last(), '--reason', 'ä typo', '--by', 'ada', '--context-key', file)).toMatchObject({
      exitCode: 0,
    });
    const reverting = await last();
    expect(reverting).toMatchObject({ type: 'row_deleted', actor: { type: 'admin', id: 'ada' }, reason: 'ä typo' });
    const { items } = await scene.app.get(AuditQuery).find({ scope: 'all' }, { action: 'row_change_revert' });
    expect(items[0]?.metadata.operationId).toBe(reverting?.metadata.operationId);
  });
});
