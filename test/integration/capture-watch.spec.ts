import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditQuery } from '../../src/monitoring/index.js';
import { CaptureWatch } from '../../src/rooms/row-changes/attest/capture-watch.service.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { captureTables, startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';
import { createTestDatabase, settled, type TestDatabase } from '../support/index.js';

let database: TestDatabase;
let scene: RowChangesScene;

beforeEach(async () => {
  database = await createTestDatabase();
  await database.sql('CREATE TABLE rate (id int PRIMARY KEY, price int)');
  await database.sql('INSERT INTO rate VALUES (1, 1), (2, 2)');
  await captureTables(database.url, { 'public.rate': {} });
  scene = await startRowChanges(database, { reconcileEveryHours: 24 });
  await attest();
});

afterEach(async () => {
  await scene.close();
  await database.drop();
});

const attest = () => scene.app.get(CaptureWatch).run();
const superuser = (statement: string) => database.superuserSql(statement);

async function last(type: string) {
  await settled(database);
  const { items } = await scene.app.get(AuditQuery).find({ scope: 'all' }, { type: [type], limit: 10 });
  return { count: items.length, event: items[0] };
}

const alterations = async () => {
  const { event } = await last('audit_capture_altered');
  return (event?.details.alterations ?? []) as readonly { what: string; of: string }[];
};

describe('the attestation of the capture', () => {
  it('is one event at first, and none while nothing changes', async () => {
    await attest();
    await attest();
    expect(await last('audit_capture_attested')).toMatchObject({ count: 1, event: { severity: 'info' } });
    expect(await last('audit_capture_altered')).toEqual({ count: 0, event: undefined });
    expect(scene.app.get(CaptureWatch).status).toMatchObject({ alterations: 0, failedRuns: 0 });
  });

  it('names a superuser who switches a trigger off, changes a row, and switches it on again; so does reconciling', async () => {
    await superuser('ALTER TABLE rate DISABLE TRIGGER row_capture_update');
    await superuser('UPDATE rate SET price = 0 WHERE id = 1');
    await superuser('ALTER TABLE rate ENABLE ALWAYS TRIGGER row_capture_update');
    await attest();
    expect(await alterations()).toEqual([{ what: 'trigger_switched', of: 'public.rate row_capture_update' }]);
    expect((await last('audit_capture_altered')).event).toMatchObject({ severity: 'error', category: 'system' });
    expect(await reconcileLedger({ database: database.url })).toMatchObject({
      verdict: 'incomplete',
      findings: [{ kind: 'row_changed', table: 'public.rate', key: '1' }],
    });
    expect(scene.app.get(CaptureWatch).status.alterations).toBe(1);
  });

  it.each([
    ['ALTER TABLE rate DISABLE TRIGGER row_capture_delete', 'trigger_disabled', 'public.rate row_capture_delete'],
    ['ALTER TABLE rate ENABLE TRIGGER row_capture_delete', 'trigger_disabled', 'public.rate row_capture_delete'],
    ['DROP TRIGGER row_capture_insert ON rate', 'trigger_dropped', 'public.rate row_capture_insert'],
    [
      `CREATE OR REPLACE FUNCTION row_capture_rate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
      'function_replaced',
      'public.row_capture_rate',
    ],
    ['DROP FUNCTION row_digests_rate(text[])', 'function_dropped', 'public.row_digests_rate'],
  ])('names %s', async (statement, what, of) => {
    await superuser(statement);
    await attest();
    expect(await alterations()).toEqual([{ what, of }]);
  });

  it('tells while columns have names of others, until they are captured again', async () => {
    const watch = scene.app.get(CaptureWatch);
    await superuser('ALTER TABLE rate ADD cost int');
    await attest();
    expect(watch.health()).toMatchObject({ status: 'ok', facts: { renamedColumns: 0 } });
    await superuser('ALTER TABLE rate DROP cost; ALTER TABLE rate RENAME price TO cost');
    await attest();
    expect(watch.health()).toMatchObject({ status: 'error', facts: { renamedColumns: 1 } });
    expect(watch.health().says).toContain('public.rate (cost)');
    await captureTables(database.url, { 'public.rate': {} });
    await attest();
    expect(watch.health()).toMatchObject({ facts: { renamedColumns: 0 } });
  });

  it('names a cast that hides what a column holds, and reconciling names the row once the cast is gone', async () => {
    await superuser(`CREATE TYPE state AS ENUM ('open', 'paid'); ALTER TABLE rate ADD state state DEFAULT 'open'`);
    await captureTables(database.url, { 'public.rate': {} });
    await superuser(`UPDATE rate SET price = 3 WHERE id = 1`);
    await attest();
    await superuser(`CREATE FUNCTION hide(state) RETURNS json LANGUAGE sql AS $$ SELECT '"open"'::json $$;
      CREATE CAST (state AS json) WITH FUNCTION hide(state);
      UPDATE rate SET state = 'paid' WHERE id = 1`);
    await attest();
    expect(await alterations()).toEqual([{ what: 'cast_added', of: 'the cast of state to json' }]);
    expect((await last('audit_capture_altered')).event).toMatchObject({ severity: 'error' });
    await superuser('DROP CAST (state AS json)');
    expect(await reconcileLedger({ database: database.url })).toMatchObject({
      findings: [{ kind: 'row_changed', table: 'public.rate', key: '1' }],
    });
  });

  it('names a state that was altered to hide a difference, and a forged one', async () => {
    await superuser(`UPDATE audit_capture_state SET state = replace(state, '"enabled":"A"', '"enabled":"D"')`);
    await attest();
    expect((await alterations())[0]).toEqual({ what: 'attestation_altered', of: 'the last attestation' });
    await superuser('DELETE FROM audit_capture_state');
    await attest();
    expect((await alterations())[0]).toEqual({ what: 'attestation_altered', of: 'the last attestation' });
    expect(await last('audit_capture_attested')).toMatchObject({ count: 1 });
  });

  it('names partitions that come and go without their triggers, and those in whose place another table stands', async () => {
    const owner = (statement: string) => database.sql(statement);
    await owner('CREATE TABLE sale (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region)');
    await owner(`CREATE TABLE sale_eu PARTITION OF sale FOR VALUES IN ('eu')`);
    await captureTables(database.url, { 'public.sale': {} });
    await attest();
    expect(await alterations()).toContainEqual({ what: 'partition_added', of: 'public.sale_eu of public.sale' });
    await owner('CREATE TABLE sale_us (id int, region text NOT NULL, PRIMARY KEY (id, region))');
    await owner(`INSERT INTO sale_us VALUES (1, 'us')`);
    await owner(`ALTER TABLE sale ATTACH PARTITION sale_us FOR VALUES IN ('us')`);
    await attest();
    expect(await alterations()).toEqual([{ what: 'partition_uncaptured', of: 'public.sale_us of public.sale' }]);
    expect((await last('audit_capture_altered')).event).toMatchObject({ severity: 'error' });
    await captureTables(database.url, { 'public.sale': {} });
    await attest();
    await owner('CREATE TABLE sale_new (LIKE sale_us INCLUDING ALL)');
    await owner('ALTER TABLE sale DETACH PARTITION sale_us');
    await owner('ALTER TABLE sale_us RENAME TO sale_old');
    await owner('ALTER TABLE sale_new RENAME TO sale_us');
    await owner(`ALTER TABLE sale ATTACH PARTITION sale_us FOR VALUES IN ('us')`);
    await attest();
    expect(await alterations()).toContainEqual({ what: 'partition_replaced', of: 'public.sale_us of public.sale' });
    await owner('ALTER TABLE sale DETACH PARTITION sale_eu');
    await attest();
    expect(await alterations()).toContainEqual({ what: 'partition_detached', of: 'public.sale_eu of public.sale' });
  });

  it('tells a newly captured table from an altered one', async () => {
    await database.sql('CREATE TABLE fee (id int PRIMARY KEY)');
    await captureTables(database.url, { 'public.fee': {} });
    await attest();
    expect(new Set((await alterations()).map(({ what }) => what))).toEqual(
      new Set(['trigger_added', 'function_added', 'table_added']),
    );
    expect((await last('audit_capture_altered')).event).toMatchObject({ severity: 'info' });
    expect(scene.app.get(CaptureWatch).status.alterations).toBe(0);
  });
});

it('reconciling on schedule makes an event of its result, once in its hours', async () => {
  await attest();
  const { count, event } = await last('audit_capture_reconciled');
  expect(count).toBe(1);
  expect(event).toMatchObject({
    outcome: 'success',
    severity: 'info',
    details: {
      verdict: 'complete',
      totalFindings: 0,
      tables: [{ table: 'public.rate', rows: 2, counts: {} }],
      notes: [],
    },
  });
  expect(scene.app.get(CaptureWatch).status.reconciled).toMatchObject({ verdict: 'complete', totalFindings: 0 });
});
