import { describe, expect, it } from '@jest/globals';
import { AuditQuery } from '../../src/monitoring/index.js';
import { CaptureWatch } from '../../src/rooms/row-changes/attest/capture-watch.service.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { kept, settled, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

let counter = 0;

const database = await testDatabase();
const scene = await kept(startRowChanges(database));

const superuser = (statement: string) => database.superuserSql(statement);
const attest = () => scene.app.get(CaptureWatch).run();
await attest(); // the one of the boot would see half of what a test does

async function makeTable(): Promise<string> {
  const table = `rate_${(counter += 1)}`;
  await database.sql(`CREATE TABLE ${table} (id int PRIMARY KEY, price int)`);
  await database.sql(`INSERT INTO ${table} VALUES (1, 1), (2, 2)`);
  await captureTables(database.url, { [`public.${table}`]: {} });
  await scene.events();
  await attest();
  return table;
}

async function attested(...statements: readonly string[]) {
  const before = await newest();
  for (const statement of statements) await superuser(statement);
  await attest();
  const event = await newest();
  const isNew = event !== undefined && event.id !== before?.id;
  return { names: isNew ? event.details.alterations : [], severity: isNew ? event.severity : undefined };
}
async function newest() {
  await settled(database);
  const { items } = await scene.app
    .get(AuditQuery)
    .find({ scope: 'all' }, { type: ['audit_capture_altered'], limit: 1 });
  return items[0];
}
const reconciled = async (table: string) =>
  (await reconcileLedger({ database: database.url, tables: [table] })).findings.map(
    ({ kind, key }) => `${kind} ${key}`,
  );
const triggers = (what: string, table: string) =>
  ['delete', 'insert', 'truncate', 'update'].map((event) => ({ what, of: `public.${table} row_capture_${event}` }));

describe('rows that are changed with the triggers off', () => {
  it('are events all the same where the session says that it replicates', async () => {
    const table = await makeTable();
    expect(
      await attested(`SET session_replication_role = replica; UPDATE ${table} SET price = 9 WHERE id = 1`),
    ).toEqual({ names: [], severity: undefined });
    expect((await scene.events(table)).at(-1)).toMatchObject({
      type: 'row_changed_externally',
      changes: { diff: [{ path: '/price', from: 1, to: 9 }] },
    });
    expect(await reconciled(table)).toEqual([]);
  });

  it('are named after what pg_restore --disable-triggers runs, which leaves triggers that a session can switch off', async () => {
    const table = await makeTable();
    expect(
      await attested(
        `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
        `INSERT INTO ${table} VALUES (3, 3)`,
        `ALTER TABLE ${table} ENABLE TRIGGER ALL`,
      ),
    ).toEqual({ names: triggers('trigger_disabled', table), severity: 'error' });
    expect(await reconciled(table)).toEqual(['row_unknown 3']);
  });

  it('are named where another table stands under the name', async () => {
    const table = await makeTable();
    const { names, severity } = await attested(
      `CREATE TABLE ${table}_new AS SELECT id, price * 2 AS price FROM ${table}`,
      `ALTER TABLE ${table} RENAME TO ${table}_old`,
      `ALTER TABLE ${table}_new RENAME TO ${table}`,
    );
    expect(names).toEqual(
      expect.arrayContaining([
        ...triggers('trigger_dropped', table),
        ...triggers('trigger_added', `${table}_old`),
        { what: 'table_rewritten', of: `public.${table}` },
      ]),
    );
    expect(severity).toBe('error');
    expect(await reconciled(table)).toEqual(['table_unreadable undefined']); // it is the superuser's
    await superuser(`ALTER TABLE ${table} OWNER TO app`);
    expect(await reconciled(table)).toEqual(['row_changed 1', 'row_changed 2']);
  });
});

describe('a table that is rewritten', () => {
  it.each([
    ['VACUUM FULL', (table: string) => `VACUUM FULL ${table}`],
    ['CLUSTER', (table: string) => `CLUSTER ${table} USING ${table}_pkey`],
    ['a wider type', (table: string) => `ALTER TABLE ${table} ALTER price TYPE bigint`],
  ])(
    'by %s is told of as a warning, and not as an alteration: each row is as its last event says',
    async (_what, statement) => {
      const table = await makeTable();
      const before = scene.app.get(CaptureWatch).status.alterations;
      expect(await attested(statement(table))).toEqual({
        names: [{ what: 'table_rewritten', of: `public.${table}` }],
        severity: 'warning',
      });
      expect(scene.app.get(CaptureWatch).status.alterations).toBe(before);
      expect(await reconciled(table)).toEqual([]);
    },
  );

  it('by a type that changes values has rows that differ from their last events', async () => {
    const table = await makeTable();
    expect(await attested(`ALTER TABLE ${table} ALTER price TYPE bigint USING price * 2`)).toMatchObject({
      names: [{ what: 'table_rewritten', of: `public.${table}` }],
    });
    expect(await reconciled(table)).toEqual(['row_changed 1', 'row_changed 2']);
  });
});

describe('a partition that was away between two attestations', () => {
  async function makePartitioned(): Promise<string> {
    const table = `sale_${(counter += 1)}`;
    await database.sql(
      `CREATE TABLE ${table} (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region)`,
    );
    await database.sql(`CREATE TABLE ${table}_eu PARTITION OF ${table} FOR VALUES IN ('eu')`);
    await database.sql(`INSERT INTO ${table} VALUES (1, 'eu'), (2, 'eu')`);
    await captureTables(database.url, { [`public.${table}`]: {} });
    await scene.events();
    await attest();
    return table;
  }
  const away = (table: string, ...statements: readonly string[]) =>
    attested(
      `ALTER TABLE ${table} DETACH PARTITION ${table}_eu`,
      ...statements,
      `ALTER TABLE ${table} ATTACH PARTITION ${table}_eu FOR VALUES IN ('eu')`,
    );
  const reattached = (table: string) => ({ what: 'partition_reattached', of: `public.${table}_eu of public.${table}` });

  it('is named, and what changed meanwhile has its events where its triggers stayed', async () => {
    const table = await makePartitioned();
    expect(await away(table, `DELETE FROM ${table}_eu WHERE id = 2`)).toEqual({
      names: [reattached(table)],
      severity: 'error',
    });
    expect((await scene.events(table)).at(-1)).toMatchObject({ details: { operation: 'DELETE', table } });
    expect(await reconciled(table)).toEqual([]);
  });

  it('is named with its triggers, and the rows by reconciling, where these were off meanwhile', async () => {
    const table = await makePartitioned();
    const found = await away(
      table,
      `ALTER TABLE ${table}_eu DISABLE TRIGGER row_capture_delete`,
      `DELETE FROM ${table}_eu WHERE id = 2`,
      `ALTER TABLE ${table}_eu ENABLE ALWAYS TRIGGER row_capture_delete`,
    );
    expect(found.names).toEqual(
      expect.arrayContaining([
        reattached(table),
        { what: 'trigger_switched', of: `public.${table}_eu row_capture_delete` },
      ]),
    );
    expect(await reconciled(table)).toEqual([expect.stringMatching(/^row_missing /)]);
  });
});
