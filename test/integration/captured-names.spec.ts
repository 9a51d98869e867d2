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
const EACH = NAMES.map((name, nth) => [nth, name] as const);
const quote = pg.escapeIdentifier;

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const url = await scene.app.getUrl();
const nameOf = (nth: number, of: 'k' | 'p'): string => `${of}_${NAMES[nth]}`.slice(0, 32);
const tableOf = (nth: number, of: 'k' | 'p'): string => `${quote(SCHEMA)}.${quote(nameOf(nth, of))}`;
const resourceOf = (nth: number, of: 'k' | 'p'): string => `${of}${nth}`;

async function get<Body>(path: string): Promise<Body> {
  const response = await fetch(`${url}/audit/${path}`);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return (await response.json()) as Body;
}

const events = async (resource: string): Promise<readonly LedgerEvent[]> =>
  (await get<EventPage>(`events?resourceType=${resource}&order=asc&limit=200`)).items;
const record = (nth: number, of: 'k' | 'p', id: number): string => `resources/${resourceOf(nth, of)}/${id}`;

async function reconcile(
  ...tables: readonly string[]
): Promise<{ readonly findings: readonly Readonly<Record<string, unknown>>[] }> {
  const { output } = await capture.run([
    ...['reconcile', '--database-url', database.url, '--json'],
    ...tables.flatMap((table) => ['--table', table]),
  ]);
  return JSON.parse(output ?? '') as { findings: readonly Readonly<Record<string, unknown>>[] };
}

async function revert(event: LedgerEvent | undefined): Promise<unknown> {
  const why = ['--reason', 'wrong import', '--by', 'ada', '--database-url', database.url];
  return captureRevert.run(['--event', event?.id ?? '', ...why]);
}

beforeAll(async () => {
  const made = NAMES.map((name, nth) => {
    const column = quote(name);
    return `CREATE TABLE ${tableOf(nth, 'k')} (${column} int PRIMARY KEY, other text);
      CREATE TABLE ${tableOf(nth, 'p')} ("row id" int PRIMARY KEY, ${column} numeric(9, 2));
      INSERT INTO ${tableOf(nth, 'k')} VALUES (1, 'before the capture')`;
  });
  await database.sql(`CREATE SCHEMA ${quote(SCHEMA)}; ${made.join(';')}`);
  const rules = NAMES.flatMap((_, nth) =>
    (['k', 'p'] as const).map((of) => [`${SCHEMA}.${nameOf(nth, of)}`, { resource: resourceOf(nth, of) }] as const),
  );
  await captureTables(database.url, Object.fromEntries(rules));
  for (const [nth, name] of NAMES.entries()) {
    const column = quote(name);
    const [keyed, plain] = [tableOf(nth, 'k'), tableOf(nth, 'p')];
    await database.sql(`INSERT INTO ${keyed} VALUES (2, 'a'); UPDATE ${keyed} SET other = 'b' WHERE ${column} = 2;
      UPDATE ${keyed} SET ${column} = 3 WHERE ${column} = 2; INSERT INTO ${plain} VALUES (1, 1.50); UPDATE ${plain} SET ${column} = 2`);
  }
  await scene.events();
});

describe('a captured table whose names are odd', () => {
  it('is complete for reconcile, and a row that was added without an event is the only finding', async () => {
    expect(await reconcile()).toMatchObject({ findings: [], totalFindings: 0 });
    for (const [nth] of NAMES.entries()) {
      await database.superuserSql(`ALTER TABLE ${tableOf(nth, 'k')} DISABLE TRIGGER USER;
        INSERT INTO ${tableOf(nth, 'k')} VALUES (9, 'unseen'); DELETE FROM ${tableOf(nth, 'k')} WHERE other = 'b'`);
    }
    const { findings } = await reconcile();
    const found = NAMES.map((_, nth) => {
      const own = findings.filter(({ table }) => String(table).endsWith(`.${nameOf(nth, 'k')}`));
      return own.map(({ kind, key }) => [kind, key]).toSorted();
    });
    expect(found).toEqual(
      NAMES.map(() => [
        ['row_missing', '3'],
        ['row_unknown', '9'],
      ]),
    );
  });

  it.each(EACH)('%i: %j is followed when its value, as the key, changes', async (nth, name) => {
    expect(
      (await events(resourceOf(nth, 'k'))).map(({ details }) => [details.schema, details.table, details.key]),
    ).toEqual([2, 2, 3].map((id) => [SCHEMA, nameOf(nth, 'k'), Object.fromEntries([[name, id]])]));
    const old = (await get<{ state: RecordState }>(`${record(nth, 'k', 2)}?show=state`)).state;
    expect(old).toMatchObject({ exists: false, movedTo: { type: resourceOf(nth, 'k'), id: '3' } });
    const now = (await get<{ state: RecordState }>(`${record(nth, 'k', 3)}?show=state`)).state;
    expect(Object.entries(now.values ?? {})).toEqual(
      expect.arrayContaining([
        [name, 3],
        ['other', 'b'],
      ]),
    );
    const { fields } = (await get<{ blame: RecordBlame }>(`${record(nth, 'k', 3)}?show=blame`)).blame;
    expect(fields.map(({ field, value, event }) => [field, value, event?.type])).toEqual(
      [
        [name, 3, 'row_updated'],
        ['other', 'b', 'row_updated'],
      ].toSorted(),
    );
    expect((await get<EventPage>(record(nth, 'k', 3))).items).toHaveLength(3);
  });

  it.each(EACH)('%i: %j is found as a changed column, exported, and reverted', async (nth, name) => {
    const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const asked = `resourceType=${resourceOf(nth, 'p')}&changed=${encodeURIComponent(pointer)}`;
    const { items } = await get<EventPage>(`events?${asked}`);
    expect(items.map(({ type, changes }) => [type, changes?.diff])).toEqual([
      ['row_updated', [{ path: pointer, from: '1.50', to: '2.00' }]],
    ]);
    const exported = await fetch(`${url}/audit/export?format=jsonl&${asked}`);
    const lines = (await exported.text()).split('\n').filter((line) => line.includes('"row_updated"'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${JSON.stringify(name)}:"2.00"`);
    expect(await revert(items[0])).toMatchObject({ exitCode: 0 });
    expect(await database.sql(`SELECT ${quote(name)}::text AS value FROM ${tableOf(nth, 'p')}`)).toEqual([
      { value: '1.50' },
    ]);
  });

  it('is followed by a key of several such columns, in the order of the key', async () => {
    await database.sql(
      `CREATE TABLE composed ("2" int, "ﬁ" text, "__proto__" int, "😀" text, "1" int, PRIMARY KEY ("2", "ﬁ", "__proto__", "😀", "1"))`,
    );
    await captureTables(database.url, { 'public.composed': {} });
    await database.sql(`INSERT INTO composed VALUES (20, 'f', 0, 'e', 10); UPDATE composed SET "2" = 21`);
    const made = await scene.events('composed');
    expect(made.map(({ resource }) => resource?.id)).toEqual(['20,f,0,e,10', '21,f,0,e,10']);
    expect(await reconcile('composed')).toMatchObject({ findings: [] });
    expect((await get<{ state: RecordState }>(`resources/composed/20,f,0,e,10?show=state`)).state).toMatchObject({
      movedTo: { id: '21,f,0,e,10' },
    });
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
