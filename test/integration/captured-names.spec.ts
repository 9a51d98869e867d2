import { beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { command as capture } from '../../src/rooms/row-changes/commands/capture.command.js';
import { command as captureRevert } from '../../src/rooms/row-changes/commands/capture-revert.command.js';
import { type EventPage, type LedgerEvent, type RecordBlame, type RecordState } from '../../src/monitoring/index.js';
import { kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { WHOLE } from '../support/whole.js';

/** Names of columns, tables and schemas that PostgreSQL accepts, each of another kind. */
const KINDS = [
  ...['größe', 'Straße 7 (alt)', 'UPPER', 'quo"te', "it's", 'dot.ted', 'sl/ash', 'a~0b', '$1', '%I', 'back\\slash'],
  ...['new\nline', '\u200bhidden', '😀', '[0]', '*', 'ä'.repeat(31), '1', '1e3', 'null', '__proto__', 'toString'],
  ...['key', 'digest', 'schema', 'rekeyedFrom', 'diff', 'position', 'x', 'image', 'resource'],
];
const SIMILAR = [
  ...['Schlüssel', 'two words', '.', '~1', '$dollar', '#hash', 'comma,', 'tab\t', 'ﬁ', '{}', '007', '-1', 'true'],
  ...['constructor', 'hasOwnProperty', 'table', 'operation', 'transaction', 'role', 'partition', 'ignored', 'before'],
  ...['after', 'path', 'from', 'r', 'phone', 'e-mail', 'Kunden Name', 'type'],
];
const NAMES = WHOLE ? [...KINDS, ...SIMILAR] : KINDS;
const SCHEMA = 'Schéma "q" 😀';
const quote = pg.escapeIdentifier;

/** Each name is the name of a captured table. The names are also the columns of keys, five in a key, and the columns of one row. */
const GROUPS = Array.from({ length: Math.ceil(NAMES.length / 5) }, (_, nth) => NAMES.slice(5 * nth, 5 * nth + 5));

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const url = await scene.app.getUrl();
const nameOf = (name: string): string => `k_${name}`.slice(0, 32);
const tableOf = (name: string): string => `${quote(SCHEMA)}.${quote(nameOf(name))}`;
const listOf = (names: readonly string[], partOf: (column: string, nth: number) => string): string =>
  names.map((name, nth) => partOf(quote(name), nth)).join(', ');

async function get<Body>(path: string): Promise<Body> {
  const response = await fetch(`${url}/audit/${path}`);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return (await response.json()) as Body;
}

const events = async (query: string): Promise<readonly LedgerEvent[]> =>
  (await get<EventPage>(`events?${query}&order=asc&limit=200`)).items;

async function reconcile(
  ...tables: readonly string[]
): Promise<{ readonly findings: readonly Readonly<Record<string, unknown>>[] }> {
  const { output } = await capture.run([
    ...['reconcile', '--database-url', database.url, '--json'],
    ...tables.flatMap((table) => ['--table', table]),
  ]);
  return JSON.parse(output ?? '') as { findings: readonly Readonly<Record<string, unknown>>[] };
}

beforeAll(async () => {
  const named = NAMES.map(
    (name) => `CREATE TABLE ${tableOf(name)} (id int PRIMARY KEY); INSERT INTO ${tableOf(name)} VALUES (1)`,
  );
  const keyed = GROUPS.map(
    (names, nth) =>
      `CREATE TABLE keyed_${nth} (${listOf(names, (column) => `${column} int`)}, other text, PRIMARY KEY (${listOf(names, String)}))`,
  );
  const plain = `CREATE TABLE plain ("row id" int PRIMARY KEY, ${listOf(NAMES, (column) => `${column} numeric(9, 2)`)})`;
  await database.sql(`CREATE SCHEMA ${quote(SCHEMA)}; ${[...named, ...keyed, plain].join(';')}`);
  await captureTables(database.url, {
    ...Object.fromEntries(NAMES.map((name, nth) => [`${SCHEMA}.${nameOf(name)}`, { resource: `named${nth}` }])),
    ...Object.fromEntries(GROUPS.map((_, nth) => [`public.keyed_${nth}`, {}])),
    'public.plain': {},
  });
  for (const name of NAMES) await database.sql(`INSERT INTO ${tableOf(name)} VALUES (2), (3)`);
  for (const [nth, names] of GROUPS.entries()) {
    await database.sql(`INSERT INTO keyed_${nth} VALUES (${listOf(names, (_, at) => String(at))}, 'a');
      UPDATE keyed_${nth} SET other = 'b'; UPDATE keyed_${nth} SET ${listOf(names, (column, at) => `${column} = ${100 + at}`)}`);
  }
  await database.sql(`INSERT INTO plain VALUES (1, ${listOf(NAMES, () => '1.50')});
    UPDATE plain SET ${listOf(NAMES, (column) => `${column} = 2`)}`);
  await scene.events();
});

describe('a captured table whose names are odd', () => {
  it('is complete for reconcile, and a row that was added without an event is the only finding', async () => {
    expect(await reconcile()).toMatchObject({ findings: [], totalFindings: 0 });
    for (const name of NAMES) {
      await database.superuserSql(`ALTER TABLE ${tableOf(name)} DISABLE TRIGGER USER;
        INSERT INTO ${tableOf(name)} VALUES (9); DELETE FROM ${tableOf(name)} WHERE id = 3`);
    }
    const { findings } = await reconcile();
    for (const name of NAMES) {
      const own = findings.filter(({ table }) => table === `${SCHEMA}.${nameOf(name)}`);
      expect([name, ...own.map(({ kind, key }) => `${String(kind)} ${String(key)}`).toSorted()]).toEqual([
        ...[name, 'row_missing 3', 'row_unknown 9'],
      ]);
    }
  });

  it('is named by its events', async () => {
    for (const [nth, name] of NAMES.entries()) {
      const [first] = await events(`resourceType=named${nth}`);
      expect(first?.details).toMatchObject({ schema: SCHEMA, table: nameOf(name), key: { id: 2 } });
    }
  });

  it.each(GROUPS.map((names, nth) => [nth, names] as const))(
    'is followed when the values of its key change: keyed_%i',
    async (nth, names) => {
      const keyFrom = (first: number): Record<string, number> =>
        Object.fromEntries(names.map((name, at) => [name, first + at]));
      const made = await events(`resourceType=keyed_${nth}`);
      expect(made.map(({ details }) => details.key)).toEqual([0, 0, 100].map(keyFrom));
      const [from, to] = [0, 100].map((first) => names.map((_, at) => first + at).join(','));
      const record = `resources/keyed_${nth}`;
      const old = (await get<{ state: RecordState }>(`${record}/${from}?show=state`)).state;
      expect(old).toMatchObject({ exists: false, movedTo: { type: `keyed_${nth}`, id: to } });
      const now = (await get<{ state: RecordState }>(`${record}/${to}?show=state`)).state;
      expect(now.values).toEqual({ ...keyFrom(100), other: 'b' });
      const { fields } = (await get<{ blame: RecordBlame }>(`${record}/${to}?show=blame`)).blame;
      expect(fields.map(({ field, value, event }) => [field, value, event?.type]).toSorted()).toEqual(
        [...Object.entries(keyFrom(100)), ['other', 'b']].map((each) => [...each, 'row_updated']).toSorted(),
      );
      expect((await get<EventPage>(`${record}/${to}`)).items).toHaveLength(3);
    },
  );

  it('is found by each changed column, exported, and reverted', async () => {
    const pointers = NAMES.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    const [, updated] = await events('resourceType=plain');
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

  it('has redacted columns with the names of details, which stay', async () => {
    const ours = ['digest', 'key', 'schema', 'table', 'transaction', 'operation', 'rekeyedFrom', 'role'];
    await database.sql(
      `CREATE TABLE ours (id int PRIMARY KEY, ${ours.map((name) => `${quote(name)} text DEFAULT 'x'`).join(', ')})`,
    );
    await captureTables(database.url, { 'public.ours': { redact: ours } });
    await database.sql(`INSERT INTO ours VALUES (1); UPDATE ours SET id = 2; UPDATE ours SET "key" = 'y'`);
    const made = await scene.events('ours');
    expect(made.map(({ details }) => [details.table, details.key, details.operation])).toEqual([
      ['ours', { id: 1 }, 'INSERT'],
      ['ours', { id: 2 }, 'UPDATE'],
      ['ours', { id: 2 }, 'UPDATE'],
    ]);
    expect(made[0]?.changes?.after).toEqual({ id: 1, ...Object.fromEntries(ours.map((name) => [name, '[REDACTED]'])) });
    expect(await reconcile('ours')).toMatchObject({ findings: [] });
  });
});
