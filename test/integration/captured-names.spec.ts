import { expect, it } from '@jest/globals';
import pg from 'pg';
import { command as captureRevert } from '../../src/rooms/row-changes/commands/capture-revert.command.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { type EventPage, type LedgerEvent, type RecordBlame, type RecordState } from '../../src/monitoring/index.js';
import { kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

/** Names of columns that PostgreSQL accepts, each of another kind. The last ones are in the text of the triggers, or in events. */
const NAMES = [
  ...['größe', 'Straße 7 (alt)', 'UPPER', 'quo"te', "it's", 'dot.ted', 'sl/ash', 'a~0b', '$1', '%I', 'back\\slash'],
  ...['new\nline', '\u200bhidden', '😀', '[0]', '*', 'ä'.repeat(31), '1', '1e3', 'null', '__proto__', 'toString'],
  ...['r', 'a', 'b', 'j', 'w', 'x', 'whole', 'known', 'source', 'origin', 'image', 'position', 'resource', 'diff'],
  ...['digest', 'key', 'schema', 'table', 'transaction', 'operation', 'rekeyedFrom', 'role'],
];
const OURS = NAMES.slice(-8);
const SCHEMA = 'Schéma "q" 😀';
const TABLE = `Tab"le ${NAMES.slice(6, 14).join('')}`.slice(0, 40);
const quote = pg.escapeIdentifier;
const of = `${quote(SCHEMA)}.${quote(TABLE)}`;
const listOf = (names: readonly string[], partOf: (column: string, nth: number) => string): string =>
  names.map((name, nth) => partOf(quote(name), nth)).join(', ');

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const url = await scene.app.getUrl();

async function get<Body>(path: string): Promise<Body> {
  const response = await fetch(`${url}/audit/${path}`);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return (await response.json()) as Body;
}
const events = async (query: string): Promise<readonly LedgerEvent[]> =>
  (await get<EventPage>(`events?${query}&order=asc&limit=200`)).items;
const findings = async () =>
  (await reconcileLedger({ database: database.url })).findings.map(({ kind, table, key }) => [kind, table, key]);

it('a captured table and schema with odd names are named by events and by reconciling', async () => {
  await database.sql(
    `CREATE SCHEMA ${quote(SCHEMA)}; CREATE TABLE ${of} (id int PRIMARY KEY); INSERT INTO ${of} VALUES (1)`,
  );
  await captureTables(database.url, { [`${SCHEMA}.${TABLE}`]: { resource: 'named' } });
  await database.sql(`INSERT INTO ${of} VALUES (2), (3)`);
  const [first] = await scene.events('named');
  expect(first?.details).toMatchObject({ schema: SCHEMA, table: TABLE, key: { id: 2 } });
  expect(await findings()).toEqual([]);
  await database.superuserSql(
    `ALTER TABLE ${of} DISABLE TRIGGER USER; INSERT INTO ${of} VALUES (9); DELETE FROM ${of} WHERE id = 3`,
  );
  expect((await findings()).toSorted()).toEqual([
    ['row_missing', `${SCHEMA}.${TABLE}`, '3'],
    ['row_unknown', `${SCHEMA}.${TABLE}`, '9'],
  ]);
  await database.sql(`DROP SCHEMA ${quote(SCHEMA)} CASCADE`);
});

it('a row is followed when the values of a key of odd names change', async () => {
  const groups = Array.from({ length: 5 }, (_, nth) => NAMES.slice(5 * nth, 5 * nth + 5));
  for (const [nth, names] of groups.entries()) {
    const table = `keyed_${nth}`;
    const columns = listOf(names, (column) => `${column} int`);
    await database.sql(`CREATE TABLE ${table} (${columns}, other text, PRIMARY KEY (${listOf(names, String)}))`);
    await captureTables(database.url, { [`public.${table}`]: {} });
    await database.sql(`INSERT INTO ${table} VALUES (${listOf(names, (_, at) => String(at))}, 'a');
      UPDATE ${table} SET other = 'b'; UPDATE ${table} SET ${listOf(names, (column, at) => `${column} = ${100 + at}`)}`);
    const made = await scene.events(table);
    const keyFrom = (start: number) => Object.fromEntries(names.map((name, at) => [name, start + at]));
    expect(made.map(({ details }) => details.key)).toEqual([0, 0, 100].map(keyFrom));
    const [from, to] = [0, 100].map((start) => names.map((_, at) => start + at).join(','));
    const record = `resources/${table}`;
    const old = (await get<{ state: RecordState }>(`${record}/${from}?show=state`)).state;
    expect(old).toMatchObject({ exists: false, movedTo: { type: table, id: to } });
    const now = (await get<{ state: RecordState }>(`${record}/${to}?show=state`)).state;
    expect(now.values).toEqual({ ...keyFrom(100), other: 'b' });
    const { fields } = (await get<{ blame: RecordBlame }>(`${record}/${to}?show=blame`)).blame;
    expect(fields.map(({ field, value, event }) => [field, value, event?.type]).toSorted()).toEqual(
      [...Object.entries(keyFrom(100)), ['other', 'b']].map((each) => [...each, 'row_updated']).toSorted(),
    );
    expect((await get<EventPage>(`${record}/${to}`)).items).toHaveLength(3);
  }
});

it('a change is found by each column of an odd name, exported, and reverted', async () => {
  await database.sql(
    `CREATE TABLE plain ("row id" int PRIMARY KEY, ${listOf(NAMES, (column) => `${column} numeric(9, 2)`)})`,
  );
  await captureTables(database.url, { 'public.plain': {} });
  await database.sql(`INSERT INTO plain VALUES (1, ${listOf(NAMES, () => '1.50')});
    UPDATE plain SET ${listOf(NAMES, (column) => `${column} = 2`)}`);
  const [, updated] = await scene.events('plain');
  const pointers = NAMES.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  const diff = pointers.map((path) => ({ path, from: '1.50', to: '2.00' }));
  expect(updated?.changes?.diff).toHaveLength(diff.length);
  expect(updated?.changes?.diff).toEqual(expect.arrayContaining(diff));
  for (const pointer of pointers) {
    const found = await events(`resourceType=plain&changed=${encodeURIComponent(pointer)}`);
    expect([pointer, ...found.map(({ id }) => id)]).toEqual([pointer, updated?.id]);
  }
  const exported = await fetch(`${url}/audit/export?format=jsonl&resourceType=plain&type=row_updated`);
  const lines = (await exported.text()).split('\n').filter((line) => line.includes('"row_updated"'));
  expect(lines).toHaveLength(1);
  for (const name of NAMES) expect(lines[0]).toContain(`${JSON.stringify(name)}:"2.00"`);
  const why = ['--reason', 'wrong import', '--by', 'ada', '--database-url', database.url];
  expect(await captureRevert.run(['--event', updated?.id ?? '', ...why])).toMatchObject({ exitCode: 0 });
  const [row] = await database.sql('SELECT to_jsonb(plain)::text AS row FROM plain');
  expect(JSON.parse(String(row?.row))).toEqual(
    Object.fromEntries([['row id', 1], ...NAMES.map((name) => [name, 1.5])]),
  );
});

it('redacted columns with the names of details stay, and so do the details', async () => {
  const columns = listOf(OURS, (column) => `${column} text DEFAULT 'x'`);
  await database.sql(`CREATE TABLE ours (id int PRIMARY KEY, ${columns})`);
  await captureTables(database.url, { 'public.ours': { redact: OURS } });
  await database.sql(`INSERT INTO ours VALUES (1); UPDATE ours SET id = 2; UPDATE ours SET "key" = 'y'`);
  const made = await scene.events('ours');
  expect(made.map(({ details }) => [details.table, details.key, details.operation])).toEqual([
    ['ours', { id: 1 }, 'INSERT'],
    ['ours', { id: 2 }, 'UPDATE'],
    ['ours', { id: 2 }, 'UPDATE'],
  ]);
  expect(made[0]?.changes?.after).toEqual({ id: 1, ...Object.fromEntries(OURS.map((name) => [name, '[REDACTED]'])) });
});
