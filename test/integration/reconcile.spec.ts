import { afterEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import type { TableRules } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { GIVEN_COLUMNS, eventually, closeAfterTests, testDatabase, withClient } from '../support/index.js';

const database = await testDatabase();
const scene = await closeAfterTests(startRowChanges(database));
/** Drops the captured tables, and empties the ledger. */
afterEach(async () => {
  await scene.events();
  const tables = await database.sql(
    `SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'row_capture_insert' AND tgparentid = 0`,
  );
  await database.superuserSql(`
    SET session_replication_role = replica;
    ${tables.map(({ name }) => `DROP TABLE IF EXISTS ${String(name)} CASCADE;`).join(' ')}
    DELETE FROM audit_row_baseline_digest; DELETE FROM audit_row_baseline; DELETE FROM audit_event;
    RESET session_replication_role`);
});

const serverVersion = async () => Number((await database.sql('SHOW server_version_num'))[0]?.server_version_num);
const run = (statement: string, values: readonly unknown[] = []) => database.sql(statement, values);

/** A superuser can switch off every trigger that is not `ENABLE ALWAYS`, and the capture's triggers by name. */
const behindItsBack = async (table: string, ...statements: readonly string[]): Promise<void> => {
  for (const statement of [
    `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
    ...statements,
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER row_capture_insert`,
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER row_capture_update`,
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER row_capture_delete`,
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER row_capture_truncate`,
  ]) {
    await database.superuserSql(statement);
  }
};

const capture = (rules: Readonly<Record<string, TableRules>>) => captureTables(database.url, rules);
const reconcile = () => reconcileLedger({ database: database.url });
const found = async () => (await reconcile()).findings.map(({ kind, key }) => `${kind} ${key}`).toSorted();

describe('reconciling', () => {
  it('finds nothing where every change has its event, drained or not', async () => {
    await run(
      'CREATE TABLE rate (id int PRIMARY KEY, price numeric(10,2), label text, seen timestamptz, data bytea, tags text[], twice numeric GENERATED ALWAYS AS (price * 2) ' +
        ((await serverVersion()) >= 180_000 ? 'VIRTUAL' : 'STORED') +
        ')',
    );
    await run(
      `INSERT INTO rate SELECT i, i / 3.0, 'label ' || i, now(), '\\x00ff', '{a,b}' FROM generate_series(1, 20) i`,
    );
    await capture({ 'public.rate': { resource: 'rate', ignore: ['seen'], digest: ['label'] } });
    await run(`INSERT INTO rate SELECT i, i / 7.0, 'label ' || i FROM generate_series(21, 40) i`);
    await run('UPDATE rate SET price = price + 1 WHERE id % 3 = 0');
    await run('UPDATE rate SET id = id + 100 WHERE id % 5 = 0');
    await run('DELETE FROM rate WHERE id % 7 = 0');
    await run('UPDATE rate SET seen = now()');
    expect(await reconcile()).toMatchObject({ verdict: 'complete', findings: [], notes: [] });
    await scene.events();
    await run(`UPDATE rate SET label = 'new' WHERE id % 2 = 0`);
    expect(await reconcile()).toMatchObject({
      verdict: 'complete',
      totalFindings: 0,
      tables: [{ table: 'public.rate', rows: 34, counts: {} }],
    });
  });

  it('names what a superuser did with the triggers switched off, and who is gone', async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY, price int)');
    await run('INSERT INTO rate SELECT i, i FROM generate_series(1, 10) i');
    await capture({ 'public.rate': {} });
    await run('UPDATE rate SET price = 20 WHERE id = 2');
    await run('DELETE FROM rate WHERE id = 9');
    const [, , event] = [0, 0, (await scene.events())[0]];
    await behindItsBack(
      'rate',
      'UPDATE rate SET price = 0 WHERE id IN (1, 2)',
      'DELETE FROM rate WHERE id = 3',
      'INSERT INTO rate VALUES (9, 9), (11, 11)',
    );
    const reconciled = await reconcile();
    expect(reconciled).toMatchObject({ verdict: 'incomplete', totalFindings: 5 });
    expect(reconciled.findings.map(({ kind, key }) => `${kind} ${key}`).toSorted()).toEqual([
      'row_changed 1',
      'row_changed 2',
      'row_missing 3',
      'row_returned 9',
      'row_unknown 11',
    ]);
    expect(reconciled.findings.find(({ key }) => key === '2')?.eventId).toBe(event?.id);
  });

  it('holds keys that may name a person by their digest, and shows those that are there', async () => {
    await run('CREATE TABLE account (email text, shop bigint, note text, PRIMARY KEY (shop, email))');
    await run(`INSERT INTO account VALUES ('ada@example.com', 9007199254740995, 'x')`);
    await capture({ 'public.account': {} });
    await run(`INSERT INTO account VALUES ('eve@example.com', 7, 'a'), ('bob@example.com', 8, 'b')`);
    await run(`UPDATE account SET email = 'bo"b\\é@example.com' WHERE shop = 8`);
    await run(`UPDATE account SET note = 'y' WHERE email LIKE 'ada%'`);
    expect(await found()).toEqual([]);
    const events = await scene.events();
    expect(events.at(-1)?.details).toMatchObject({ keyDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await found()).toEqual([]);
    await database.superuserSql(`DELETE FROM audit_event`).catch(() => undefined);
    await behindItsBack('account', `UPDATE account SET note = 'z' WHERE shop = 7`);
    expect(await found()).toEqual(['row_changed ["eve@example.com", "7"]']);
  });

  it('knows rows by keys that look like a card number or a token, and shows declared facts', async () => {
    const keys = ['4222222222222', '4111111111111111', 'Bearer abcdefghijklmnop12345'];
    await run('CREATE TABLE product (ean text PRIMARY KEY, serial text, plan text, max_tokens int, token int)');
    await capture({ 'public.product': { resource: 'product', facts: ['serial'] } });
    for (const key of keys)
      await run('INSERT INTO product VALUES ($1, $2, $3, 4096, 1)', [key, '5555555555554444', 'Basic Subscription']);
    await run('UPDATE product SET serial = $1', ['4111111111111111']);
    expect(await found()).toEqual([]);
    const events = await scene.events();
    expect(new Set(events.map(({ resource }) => resource?.id))).toEqual(new Set(keys));
    expect(events.at(-1)?.changes?.diff).toEqual([
      { path: '/serial', from: '5555555555554444', to: '4111111111111111' },
    ]);
    const [first, ...others] = events
      .slice(0, 3)
      .map(({ details, changes }) => ({ key: details.key, after: changes?.after }));
    const image = { serial: '5555555555554444', plan: 'Basic Subscription', max_tokens: 4096, token: '[REDACTED]' };
    expect([first, ...others]).toEqual(keys.map((ean) => ({ key: { ean }, after: { ean, ...image } })));
  });

  const KEYED: readonly (readonly [table: string, columns: string, keys: readonly string[]])[] = [
    ['tagged', 'tags text[], about jsonb', [`'{a,"b c"}', '{"bb": [1, {"z": null}], "a": "x, y"}'`]],
    ['listed', 'tags text[]', [`'{a,"b c",NULL}'`, `'{{1,2},{3,4}}'`]],
    ['tiny', 'size real', ['1e-45', '-1.17549435e-38', '3.4e38', '0.1']],
    ['small', 'size float8, part float8[]', [`1.5e-7, '{5e-324,1.5e-10}'`, `1e22, '{}'`]],
    ['big_ints', 'part bigint[]', [`'{10000000000000000,1234567890123456789}'`, `'{{1,2},{3,1}}'`]],
    ['big_reals', 'part real[]', [`'{10000000000000000,1234567890123456789}'`, `'{1e20,1e21,1e30}'`]],
    [
      'big_numbers',
      'part numeric[]',
      [`'{10000000000000000,1234567890123456789}'`, `'{{1,2},{3,1e16}}'`, `'{1e20,1e30}'`],
    ],
    [
      'nested',
      'about jsonb, at span, many jsonb[]',
      ['{"a": [12345678901234567890, "x"]}', '1e16', '{"a": 1.50, "b": "c1"}', '"10000000000000000"'].map(
        (value) => `'${value}', (9007199254740993, 2.50), ARRAY['[1.0, "b2"]', '${value}']::jsonb[]`,
      ),
    ],
  ];

  it('knows rows by keys of lists, JSON, composite types, and numbers of any size', async () => {
    await run('CREATE TYPE span AS (low bigint, rate numeric)');
    for (const [table, columns] of KEYED) {
      const key = columns.split(', ').map((column) => column.split(' ', 1)[0]);
      await run(`CREATE TABLE ${table} (${columns}, n int, PRIMARY KEY (${key.join(', ')}))`);
    }
    await capture(Object.fromEntries(KEYED.map(([table]) => [`public.${table}`, {}])));
    for (const [table, , keys] of KEYED) {
      for (const key of keys) await run(`INSERT INTO ${table} VALUES (${key}, 1)`);
      await run(`UPDATE ${table} SET n = 2`);
    }
    expect(await found()).toEqual([]);
    await scene.events();
    expect(await found()).toEqual([]);
  });

  it('leaves out a table whose rows may share their key until the commit', async () => {
    await run('CREATE TABLE place (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, n int)');
    await capture({ 'public.place': {} });
    await withClient(database.url, async (client) => {
      await client.query(`BEGIN; INSERT INTO place VALUES (1, 1), (2, 2)`);
      await client.query(`UPDATE place SET id = 2 WHERE n = 1`);
      await client.query(`UPDATE place SET id = 1 WHERE n = 2; COMMIT`);
    });
    expect((await scene.events('place')).at(-1)?.details.key).toEqual({ id: 1 });
    expect(await reconcile()).toMatchObject({ findings: [], notes: [expect.stringContaining('public.place')] });
  });

  it('compares rows without a column that was added later, and says when one is lost', async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY, price int, label text)');
    await run(`INSERT INTO rate SELECT i, i, 'a' FROM generate_series(1, 4) i`);
    await capture({ 'public.rate': {} });
    await run('UPDATE rate SET price = 0 WHERE id = 1');
    await run('ALTER TABLE rate ADD COLUMN currency text NOT NULL DEFAULT $$EUR$$');
    await run('UPDATE rate SET price = 0 WHERE id = 2');
    await run('ALTER TABLE rate ADD COLUMN zone text');
    await run('UPDATE rate SET price = 0 WHERE id = 3');
    expect(await found()).toEqual([]);
    await behindItsBack('rate', 'UPDATE rate SET price = 7 WHERE id = 4');
    expect(await found()).toEqual(['row_changed 4']);
    await run('ALTER TABLE rate DROP COLUMN label');
    const reconciled = await reconcile();
    expect(reconciled.notes).toEqual([expect.stringContaining('public.rate lost columns after its baseline: label')]);
    expect(new Set(reconciled.findings.map(({ kind }) => kind))).toEqual(new Set(['row_incomparable']));
    await capture({ 'public.rate': {} });
    expect(await reconcile()).toMatchObject({ verdict: 'complete', notes: [] });
  });

  it('follows rows through partitions', async () => {
    await run(
      'CREATE TABLE sale (id int, region text, cents int, PRIMARY KEY (id, region)) PARTITION BY LIST (region)',
    );
    await run(`CREATE TABLE sale_eu PARTITION OF sale FOR VALUES IN ('eu')`);
    await run(`CREATE TABLE sale_us PARTITION OF sale FOR VALUES IN ('us')`);
    await run(`INSERT INTO sale VALUES (1, 'eu', 1), (2, 'us', 2)`);
    await capture({ 'public.sale': { facts: ['region'] } });
    await run(`UPDATE sale SET region = 'us' WHERE id = 1`);
    await run(`INSERT INTO sale_eu VALUES (3, 'eu', 3)`);
    expect(await found()).toEqual([]);
    await run('ALTER TABLE sale DETACH PARTITION sale_eu');
    expect(await found()).toEqual([expect.stringMatching(/^row_missing /)]);
  });

  it('names a baseline that was altered, and a capture that was dropped', async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY, price int)');
    await run('INSERT INTO rate VALUES (1, 1), (2, 2)');
    await capture({ 'public.rate': {} });
    await scene.events();
    const [other] = await run(`SELECT digest FROM row_digests_rate('{}') WHERE key = '2'`);
    await database.superuserSql(`UPDATE audit_row_baseline_digest SET digest = decode($1, 'hex') WHERE key = '1'`, [
      other?.digest,
    ]);
    expect((await reconcile()).findings).toEqual([
      { kind: 'baseline_altered', table: 'public.rate' },
      { kind: 'row_changed', table: 'public.rate', key: '1' },
    ]);
    await database.superuserSql(`DROP FUNCTION row_digests_rate(text[])`);
    expect((await reconcile()).findings).toEqual([
      { kind: 'baseline_altered', table: 'public.rate' },
      { kind: 'capture_gone', table: 'public.rate' },
    ]);
  });

  it('names a row as missing that exists only in an event which a writer added past the library', async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY, price int)');
    await capture({ 'public.rate': {} });
    await run('INSERT INTO rate VALUES (1, 1)');
    await scene.events();
    const details = '{"schema": "public", "table": "rate", "operation": "UPDATE", "key": {"id": 7}, "digest": "00"}';
    await withClient(database.superuserUrl, async (client) => {
      await client.query(`CREATE TEMPORARY TABLE added AS SELECT ${GIVEN_COLUMNS} FROM audit_event LIMIT 1`);
      const values = [uuidv7(), details, '{"after": {}}'];
      await client.query(
        `UPDATE added SET id = $1, type = 'row_changed_externally', details = $2, changes = $3`,
        values,
      );
      await client.query(`INSERT INTO audit_event (${GIVEN_COLUMNS}) SELECT * FROM added`);
    });
    await run('UPDATE rate SET price = 2');
    expect(await found()).toEqual(['row_missing 7']);
  });

  it('names the label of an enum that was renamed, in place of rows that somebody changed', async () => {
    await run(`CREATE TYPE mood AS ENUM ('sad', 'fine'); CREATE DOMAIN moods AS mood[]`);
    await run('CREATE TABLE rate (id int PRIMARY KEY, of mood, more moods)');
    await run(`INSERT INTO rate VALUES (1, 'sad', '{fine}'), (2, 'fine', '{}')`);
    await capture({ 'public.rate': {} });
    await run(`INSERT INTO rate VALUES (3, 'sad', '{}'), (4, 'fine', '{}')`);
    await run(`ALTER TYPE mood RENAME VALUE 'sad' TO 'low'; ALTER TYPE mood ADD VALUE 'high'`);
    const { findings, notes } = await reconcile();
    expect(findings.map(({ kind, key }) => `${kind} ${key}`).toSorted()).toEqual([
      'row_relabelled 1',
      'row_relabelled 3',
    ]);
    expect(notes).toEqual([expect.stringMatching(/public\.rate.*sad of mood is low now.*capture baseline/)]);
    const type = ['audit_capture_baseline'];
    const { items } = await eventually(async () => {
      const found = await scene.app.get(AuditQuery).find({ scope: 'all' }, { type, limit: 1 });
      return found.items.length > 0 && found;
    });
    expect(JSON.stringify(items[0]?.details.labels)).toContain('sad');
  });

  it('names a table whose rows its owner may not read, and compares the others', async () => {
    await run('CREATE TABLE rate (id int PRIMARY KEY); CREATE TABLE secret (id int PRIMARY KEY)');
    await capture({ 'public.rate': {}, 'public.secret': {} });
    await run('ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
    await run('CREATE POLICY own ON secret USING (id > 0)');
    await behindItsBack('rate', 'INSERT INTO rate VALUES (1)');
    const { findings, notes } = await reconcile();
    expect(findings).toEqual([
      { kind: 'row_unknown', table: 'public.rate', key: '1' },
      { kind: 'table_unreadable', table: 'public.secret' },
    ]);
    expect(notes).toEqual([expect.stringMatching(/public\.secret.*row-level security/)]);
    await run('CREATE TABLE vault (id int PRIMARY KEY)');
    await run('ALTER TABLE vault ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
    await run('CREATE POLICY own ON vault USING (true)');
    await capture({ 'public.vault': {} });
    await run('INSERT INTO vault VALUES (1)');
    expect((await scene.events('vault')).map(({ type }) => type)).toEqual(['row_inserted']);
    expect((await reconcile()).notes).toContainEqual(expect.stringMatching(/public\.vault.*row-level security/));
  });

  it('says of a table without a key that its rows cannot be compared', async () => {
    await run('CREATE TABLE note (text text)');
    await capture({ 'public.note': {} });
    await run(`INSERT INTO note VALUES ('a')`);
    expect(await reconcile()).toMatchObject({
      verdict: 'complete',
      tables: [],
      notes: [expect.stringMatching(/^public\.note lacks a baseline, so its rows cannot/)],
    });
  });
});
