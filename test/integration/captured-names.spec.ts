import { expect, it } from '@jest/globals';
import pg from 'pg';
import { command as captureRevert } from '../../src/extensions/row-changes/commands/capture-revert.command.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { type EventPage, type RecordBlame, type RecordState } from '../../src/monitoring/index.js';
import { closeAfterTests, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

/** Names of columns that PostgreSQL accepts, each of another kind. The last ones are in the text of the triggers, or in events. */
const KEYS = ['quo"te', 'a~0b', '1', '__proto__', 'toString'];
const OURS = ['digest', 'key', 'operation', 'schema', 'table', 'transaction', 'rekeyedFrom', 'role'];
const OTHERS = [
  ...['größe', 'Straße 7 (alt)', 'UPPER', "it's", 'dot.ted', '$1', 'back\\slash', '\u200bhidden', '😀', '[0]', '*'],
  ...['ä'.repeat(31), '1e3', 'null', 'r', 'a', 'b', 'j', 'w', 'x', 'whole', 'known', 'source', 'origin', 'image'],
  ...['position', 'resource', 'diff', 'sl/ash', 'new\nline', '%I'],
];
const NAMES = [...KEYS, ...OTHERS, ...OURS];
const SCHEMA = 'Schéma "q" 😀';
const TABLE = `Tab"le ${OTHERS.slice(4, 11).join('')} %I\n`;
const quote = pg.escapeIdentifier;
const of = `${quote(SCHEMA)}.${quote(TABLE)}`;
const buildList = (
  names: readonly string[],
  getPart: (column: string, nth: number) => string = (column) => column,
): string => names.map((name, nth) => getPart(quote(name), nth)).join(', ');
const buildValues = (names: readonly string[], getValue: (nth: number) => unknown) =>
  Object.fromEntries(names.map((name, nth) => [name, getValue(nth)]));

const database = await testDatabase();
const scene = await closeAfterTests(startRowChanges(database));
const url = await scene.app.getUrl();

async function get<Body>(path: string): Promise<Body> {
  const response = await fetch(`${url}/audit/${path}`);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return (await response.json()) as Body;
}
const findings = async () =>
  (await reconcileLedger({ database: database.url })).findings.map(({ kind, table, key }) => [kind, table, key]);

it('a table, a schema and columns of odd names are captured, followed through a new key, found, exported, reverted and reconciled', async () => {
  const columns = `${buildList(KEYS, (column) => `${column} int`)}, ${buildList(OTHERS, (column) => `${column} numeric(9, 2)`)}`;
  const redacted = buildList(OURS, (column) => `${column} text DEFAULT 'x'`);
  await database.sql(
    `CREATE SCHEMA ${quote(SCHEMA)}; CREATE TABLE ${of} (${columns}, ${redacted}, PRIMARY KEY (${buildList(KEYS)}))`,
  );
  await captureTables(database.url, { [`${SCHEMA}.${TABLE}`]: { resource: 'odd', redact: OURS } });
  const [first, second] = [0, 100].map((start) => buildValues(KEYS, (nth) => start + nth));
  const [from, to] = [0, 100].map((start) => KEYS.map((_, nth) => start + nth).join());
  await database.sql(`
    INSERT INTO ${of} (${buildList([...KEYS, ...OTHERS])}) VALUES (${from}, ${OTHERS.map(() => '1.50').join()});
    UPDATE ${of} SET ${buildList(KEYS, (column, nth) => `${column} = ${100 + nth}`)}, ${buildList(OURS, (column) => `${column} = 'y'`)};
    UPDATE ${of} SET ${buildList(OTHERS, (column) => `${column} = 2`)}`);
  const made = await scene.events('odd');
  expect(made.map(({ details: { schema, table, key, operation } }) => [schema, table, key, operation])).toEqual([
    [SCHEMA, TABLE, first, 'INSERT'],
    [SCHEMA, TABLE, second, 'UPDATE'],
    [SCHEMA, TABLE, second, 'UPDATE'],
  ]);
  const [, rekeyed, updated] = made;

  const record = 'resources/odd';
  const old = (await get<{ state: RecordState }>(`${record}/${from}?show=state`)).state;
  expect(old).toMatchObject({ exists: false, movedTo: { type: 'odd', id: to } });
  const hidden = buildValues(OURS, () => '[REDACTED]');
  const values = { ...second, ...buildValues(OTHERS, () => '2.00'), ...hidden };
  expect((await get<{ state: RecordState }>(`${record}/${to}?show=state`)).state.values).toEqual(values);
  const { fields } = (await get<{ blame: RecordBlame }>(`${record}/${to}?show=blame`)).blame;
  const blamed = new Map(fields.map(({ field, event }) => [field, event?.id]));
  const findEvent = (name: string) => (OTHERS.includes(name) ? updated : rekeyed)?.id;
  expect(NAMES.filter((name) => blamed.get(name) !== findEvent(name))).toEqual([]);
  expect((await get<EventPage>(`${record}/${to}`)).items).toHaveLength(3);

  for (const name of NAMES) {
    const pointer = encodeURIComponent(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    const found = (await get<EventPage>(`events?resourceType=odd&changed=${pointer}`)).items;
    expect([name, ...found.map(({ id }) => id)]).toEqual([name, findEvent(name)]);
  }
  const exported = await (await fetch(`${url}/audit/export?format=jsonl&resourceType=odd&type=row_updated`)).text();
  for (const [name, value] of Object.entries(values))
    expect(exported).toContain(JSON.stringify({ [name]: value }).slice(1, -1));

  const why = ['--reason', 'wrong import', '--by', 'ada', '--database-url', database.url];
  expect(await captureRevert.run(['--event', updated?.id ?? '', ...why])).toMatchObject({ exitCode: 0 });
  const [row] = await database.sql(`SELECT to_jsonb(t)::text AS row FROM ${of} t`);
  const reverted = { ...second, ...buildValues(OTHERS, () => 1.5), ...buildValues(OURS, () => 'y') };
  expect(JSON.parse(String(row?.row))).toEqual(reverted);
  await scene.events('odd');
  expect(await findings()).toEqual([]);
  await database.superuserSql(`ALTER TABLE ${of} DISABLE TRIGGER USER; DELETE FROM ${of}`);
  expect(await findings()).toEqual([['row_missing', `${SCHEMA}.${TABLE}`, expect.any(String)]]);
});
