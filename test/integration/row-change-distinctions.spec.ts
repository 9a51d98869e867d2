import { expect, it } from '@jest/globals';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { kept, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const long = (end: string) => `repeat('x', 70000) || '${end}'`;
const composite = (value: string) => `ROW(1, ${value})::pair`;

/** Two values of a type whose texts differ, as expressions. */
const DISTINCT: readonly (readonly [type: string, one: string, other: string])[] = [
  ['jsonb', 'NULL', `'null'`],
  ['jsonb', `'null'`, `'"null"'`],
  ['jsonb', `'"null"'`, String.raw`'"\"null\""'`],
  ['jsonb', `'9.9'`, `'9.90'`],
  ['jsonb', `'{"a": 1582917533873852417}'`, `'{"a": 1582917533873852418}'`],
  ['jsonb', `'{"a": null}'`, `'{}'`],
  ['jsonb', `to_jsonb(${long('a')})`, `to_jsonb(${long('b')})`],
  ['json', 'NULL', `' null'`],
  ['json', `'null'`, `'"null"'`],
  ['bag', 'NULL', `'null'`],
  ['jsonb[]', 'ARRAY[NULL]::jsonb[]', `ARRAY['null']::jsonb[]`],
  ['jsonb[]', `ARRAY['[1, 2]']::jsonb[]`, `ARRAY[ARRAY['1', '2']]::jsonb[]`],
  ['pair', composite('NULL'), composite(`'null'`)],
  ['pair', 'NULL', 'ROW(NULL, NULL)::pair'],
  ['pair[]', `ARRAY[${composite('NULL')}]`, `ARRAY[${composite(`'null'`)}]`],
  ['pair[]', 'ARRAY[NULL]::pair[]', 'ARRAY[ROW(NULL, NULL)::pair]'],
  ['float8', `'0'`, `'-0'`],
  ['float8', `'NaN'`, `'Infinity'`],
  ['float8', '0.1', '0.10000000000000002'],
  ['real', `'0'`, `'-0'`],
  ['float8[]', `'{0,1}'`, `'{-0,1}'`],
  ['measure', 'ROW(0)::measure', `ROW('-0')::measure`],
  ['numeric', '9.9', '9.90'],
  ['numeric', `'NaN'`, `NULL`],
  ['numeric[]', `'{9.9}'`, `'{9.90}'`],
  ['int[]', `'{1,2}'`, `'[0:1]={1,2}'`],
  ['int[]', `'{}'`, 'NULL'],
  ['int[]', `'{NULL}'`, 'NULL'],
  ['text[]', `'{NULL}'`, `'{"NULL"}'`],
  ['text[]', `'{"null"}'`, `'{NULL}'`],
  ['text', `''`, 'NULL'],
  ['text', `'null'`, 'NULL'],
  ['text', long('a'), long('b')],
  ['char(3)', `'a'`, `'b'`],
  ['varchar(3)', `'a'`, `'a '`],
  ['bytea', `''`, 'NULL'],
  ['bytea', String.raw`'\x00'`, String.raw`'\x0000'`],
  ['timestamptz', `'infinity'`, `'-infinity'`],
  ['timestamptz', `'2026-01-01 00:00:00.000001+00'`, `'2026-01-01 00:00:00+00'`],
  ['timestamptz', `'0044-03-15 00:00:00+00 BC'`, `'0044-03-15 00:00:00+00'`],
  ['date', `'0044-03-15 BC'`, `'0044-03-15'`],
  ['time', `'24:00'`, `'00:00'`],
  ['timetz', `'12:00+00'`, `'13:00+01'`],
  ['interval', `'1 day'`, `'24 hours'`],
  ['interval', `'1 month'`, `'30 days'`],
  ['interval', `'-1 day 1 second'`, `'1 day -1 second'`],
  ['money', `'1.00'`, `'1.01'`],
  ['numrange', `'[1.0,2)'`, `'[1.00,2)'`],
  ['numrange', `'empty'`, 'NULL'],
  ['xml', `'<a/>'`, `'<a></a>'`],
  ['tint', `'low'`, `'high'`],
  ['bit(3)', `'010'`, `'011'`],
  ['inet', `'10.0.0.1/24'`, `'10.0.0.1/25'`],
  ['point', `'(0,0)'`, `'(-0,0)'`],
  ['tsvector', `'a:1'`, `'a:1A'`],
  ['oidvector', `'1 2'`, `'1 3'`],
];

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const run = (statement: string) => database.sql(statement);

it('two values that PostgreSQL keeps apart are kept apart in events and in digests', async () => {
  await run(`CREATE DOMAIN bag AS jsonb; CREATE TYPE tint AS ENUM ('low', 'high')`);
  await run('CREATE TYPE pair AS (n int, v jsonb); CREATE TYPE measure AS (f float8)');
  const tables = new Map([...new Set(DISTINCT.map(([type]) => type))].map((type, nth) => [type, `of_${nth}`]));
  for (const [type, table] of tables) await run(`CREATE TABLE ${table} (id int PRIMARY KEY, v ${type})`);
  await captureTables(database.url, Object.fromEntries([...tables.values()].map((table) => [`public.${table}`, {}])));
  const each = async (
    nth: (index: number) => number,
    statement: (table: string, values: readonly string[]) => string,
  ) => {
    for (const [index, [type, ...values]] of DISTINCT.entries())
      await run(statement(tables.get(type) ?? '', values).replaceAll('#', String(nth(index))));
  };
  const captured = (index: number) => index * 2;
  const uncaptured = (index: number) => index * 2 + 1;
  await each(captured, (table, [one]) => `INSERT INTO ${table} VALUES (#, ${one}), (# + 1, ${one})`);
  await each(captured, (table, [, other]) => `UPDATE ${table} SET v = ${other} WHERE id = #`);
  for (const table of tables.values()) await database.superuserSql(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
  await each(uncaptured, (table, [, other]) => `UPDATE ${table} SET v = ${other} WHERE id = #`);
  const updates = (await scene.events()).filter(({ type }) => type === 'row_updated');
  const isShown = (index: number) =>
    updates.some(
      ({ resource, changes }) => resource?.id === String(captured(index)) && JSON.stringify(changes?.diff) !== '[]',
    );
  const { findings } = await reconcileLedger({ database: database.url });
  const found = findings.map(({ kind, key }) => `${kind} ${key}`);
  const missed = DISTINCT.flatMap(([type, one, other], index) => [
    ...(isShown(index) ? [] : [`not shown: ${type} ${one} ${other}`]),
    ...(found.includes(`row_changed ${uncaptured(index)}`) ? [] : [`not reconciled: ${type} ${one} ${other}`]),
  ]);
  expect(missed).toEqual([]);
});
