import { afterAll, describe, expect, it } from '@jest/globals';
import { AuditQuery } from '../../src/monitoring/index.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { eventually, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';

let scene: RowChangesScene;
afterAll(() => scene.close());

const run = (statement: string, values: readonly unknown[] = []) => database.sql(statement, values);

const database = await testDatabase();
await run('CREATE TABLE rate (id int PRIMARY KEY, price int)');
await captureTables(database.url, { 'public.rate': {} });
const SOURCE = {
  schema: 'public',
  table: 'rate',
  resource: 'rate',
  key: ['id'],
  facts: [],
  redacted: [],
  digested: [],
  asText: [],
};
const LINE = '[[{"id":1},{"id":1},"x"]]';
const NO_TEXT = '{"context":"v1.\\u0000","role":"\\u0000"}';

type Garbage = readonly [operation: string, source: unknown, origin: unknown, lines: string, changes?: number];

/** A member of `audit_writer` can store these rows. A string stands for the JSON text itself. */
const GARBAGE: readonly Garbage[] = [
  ['UPDATE', SOURCE, {}, 'no JSON'],
  ['UPDATE', SOURCE, {}, '{}'],
  ['UPDATE', SOURCE, {}, '5'],
  ['UPDATE', SOURCE, {}, '[null]'],
  ['UPDATE', SOURCE, {}, '[[1,2,3]]'],
  ['UPDATE', SOURCE, {}, '[["\\u0000",{"id":1},"x"]]'],
  ['UPDATE', SOURCE, {}, '[[{"id":1e9999999},{"id":1},"x"]]'],
  ['UPDATE', SOURCE, {}, '[[{"id":1},{"id":1},"x",5]]'],
  ['UPDATE', SOURCE, {}, '[[{"id":1},{"id":1},{"a":1},[{"b":1}]]]'],
  ['UPDATE', SOURCE, null, LINE],
  ['UPDATE', SOURCE, [], LINE],
  ['UPDATE', SOURCE, { context: 'text' }, LINE],
  ['UPDATE', SOURCE, { context: { actor: 5, request: 'x', tenantId: {}, reason: 7 } }, LINE],
  ['UPDATE', SOURCE, { role: {}, application: 5, depth: 'x', partition: [] }, LINE],
  ['UPDATE', { ...SOURCE, key: [5, null], redacted: [{}], facts: [3] }, {}, LINE],
  ['UPDATE', { ...SOURCE, key: 'id' }, {}, LINE],
  ['UPDATE', { ...SOURCE, key: ['id', null] }, {}, LINE],
  ['UPDATE', [], {}, LINE],
  ['UPDATE', 'null', {}, LINE],
  ['UPDATE', '{"schema":"\\u0000","table":"rate"}', {}, LINE],
  ['UPDATE', SOURCE, {}, LINE, 2_000_000_000],
  ['UPDATE', SOURCE, {}, LINE, -2_000_000_000],
  ['INSERT', SOURCE, NO_TEXT, '[[null,{"id":9},"x"]]'],
  ['NONSENSE', SOURCE, {}, LINE],
  ['BASELINE', SOURCE, {}, '[]', 0],
  ['BASELINE', SOURCE, { baseline: 5 }, '[]', 0],
  ['BASELINE', SOURCE, { baseline: { rows: 'x', digest: {} } }, '[]', 0],
  ['FAILED', SOURCE, { operation: {}, sqlState: 5, role: [] }, '[]'],
  ['TRUNCATE', { ...SOURCE, table: 'other' }, {}, 'x'],
];

const toText = (json: unknown) => (typeof json === 'string' ? json : JSON.stringify(json));

async function putAll(): Promise<void> {
  for (const [operation, source, origin, lines, changes = 1] of GARBAGE) {
    await run(
      `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines) VALUES ($1, $2, $3, 1, $4, $5)`,
      [operation, toText(source), toText(origin), changes, lines],
    );
  }
}

const reconcile = async () => reconcileLedger({ database: database.url });

describe('what no trigger wrote into the outbox', () => {
  it('is named by reconciling, which continues', async () => {
    await putAll();
    await run('INSERT INTO rate VALUES (10, 1)');
    const { verdict, findings } = await reconcile();
    expect(verdict).toBe('incomplete');
    const unreadable = findings.filter(({ kind }) => kind === 'change_unreadable');
    const [first] = await run('SELECT min(position)::text AS position FROM audit_row_change WHERE operation = $1', [
      'UPDATE',
    ]);
    expect(unreadable[0]).toEqual({ kind: 'change_unreadable', table: 'audit_row_change', key: first?.position });
    expect(unreadable).toHaveLength(16);
  });

  it('stops neither the drain nor the changes behind it', async () => {
    scene = await startRowChanges(database);
    await eventually(async () => {
      const [row] = await run('SELECT count(*)::int AS waiting FROM audit_row_change');
      return row?.waiting === 0 || scene.drainError() !== undefined;
    });
    expect(scene.drainError()).toBeUndefined();
    const { items } = await scene.app
      .get(AuditQuery)
      .find({ scope: 'all' }, { resourceType: ['rate'], limit: 200, order: 'asc' });
    expect(items.at(-1)).toMatchObject({ type: 'row_inserted', resource: { id: '10' } });
  });

  it('is named while it is parked, and does not hide the rows', async () => {
    await run('ALTER TABLE rate DISABLE TRIGGER row_capture_update');
    await run('UPDATE rate SET price = 2');
    await run('ALTER TABLE rate ENABLE ALWAYS TRIGGER row_capture_update');
    const { findings } = await reconcile();
    const seen = new Set(findings.map(({ kind, table }) => `${kind} ${table}`));
    expect([...seen]).toEqual(
      expect.arrayContaining(['change_parked audit_row_change_parked', 'change_parked public.rate']),
    );
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'row_changed', table: 'public.rate', key: '10' }));
  });
});
