import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import type { TableRules } from '../../src/audit/index.js';
import type { LedgerEvent } from '../../src/monitoring/index.js';
import { DrainPace } from '../../src/monitoring/operate/jobs/drain-pace.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { useSession } from '../../src/monitoring/store/sessions/use-session.js';
import { parseChunk } from '../../src/extensions/row-changes/captured-chunk.js';
import { sortChanges } from '../../src/extensions/row-changes/isolate-changes.js';
import { takeChanges } from '../../src/extensions/row-changes/read-outbox.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { storeContextKey } from '../support/context-scene.js';
import { createTestDatabase, closeAfterTests, testDatabase, withClient } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const database = await testDatabase();
const scene = await closeAfterTests(startRowChanges(database, { bulkRows: 1_000 }));

const run = (statement: string) => database.sql(statement);
const capture = (name: string, rules: TableRules = {}) => captureTables(database.url, { [`public.${name}`]: rules });
const listChanges = async (type: string) =>
  (await scene.events(type)).map(({ resource, changes }) => ({ id: resource?.id, ...changes }));
const listKinds = (events: readonly LedgerEvent[]) =>
  events.map(({ type, resource }) => `${type} ${resource?.id ?? '-'}`);
const getErrorCode = async (statement: string): Promise<unknown> =>
  run(statement).then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );
const listFindings = async (...tables: readonly string[]) =>
  (await reconcileLedger({ database: database.url, tables })).findings.map(({ kind, key }) => `${kind} ${key}`);

/** Makes the table, captures it, and runs the statements. */
async function given(name: string, columns: string, rules: TableRules, ...statements: readonly string[]) {
  await run(`CREATE TABLE ${name} (${columns})`);
  await capture(name, rules);
  for (const statement of statements) await run(statement);
}

describe('columns', () => {
  it('that are redacted or digested never leave the trigger, not even into the outbox; that one changed is told', async () => {
    const rules = { redact: ['notes'], digest: ['iban'] };
    await given('member', 'id int PRIMARY KEY, password_hash text, notes text, name text, iban text', rules);
    await withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(`INSERT INTO member VALUES (1, 'first-hash', 'first note', 'Ada', 'DE02')`);
      const { rows } = await client.query<{ text: string }>('SELECT o::text AS text FROM audit_row_change o');
      expect(rows.map(({ text }) => text).join()).toContain('[REDACTED]');
      expect(rows.map(({ text }) => text).join()).not.toMatch(/first|DE02/);
      await client.query('ROLLBACK');
    });
    await run(`INSERT INTO member VALUES (1, 'first-hash', 'first note', 'Ada', 'DE02');
      UPDATE member SET password_hash = 'second-hash'; UPDATE member SET notes = 'second note';
      UPDATE member SET name = 'Ada L.'; UPDATE member SET iban = NULL;
      INSERT INTO member (id, iban) VALUES (2, 'DE02'), (3, 'DE03')`);
    const changes = await listChanges('member');
    const [first] = changes;
    const iban = (first?.after as { iban: string }).iban;
    const hidden = { password_hash: '[REDACTED]', notes: '[REDACTED]', iban };
    const masked = { from: '[REDACTED]', to: '[REDACTED]' };
    expect(iban).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(changes.slice(0, 5)).toEqual([
      { id: '1', after: { id: 1, name: 'Ada', ...hidden } },
      expect.objectContaining({ diff: [{ path: '/password_hash', ...masked }] }),
      expect.objectContaining({ diff: [{ path: '/notes', ...masked }] }),
      {
        id: '1',
        before: { id: 1, name: 'Ada', ...hidden },
        after: { id: 1, name: 'Ada L.', ...hidden },
        diff: [{ path: '/name', from: 'Ada', to: 'Ada L.' }],
      },
      expect.objectContaining({ diff: [{ path: '/iban', from: iban, to: null }] }),
    ]);
    const others = changes.slice(5).map(({ after }) => (after as { iban: string }).iban);
    expect(others.map((other) => other === iban)).toEqual([true, false]);
  });

  it('of every type are written the same, whatever the settings of the session, and numbers stay exact', async () => {
    await run(`CREATE TYPE mood AS ENUM ('sad', 'fine'); CREATE TYPE fee AS (amount money); CREATE DOMAIN price AS numeric;
      CREATE DOMAIN net_price AS price CHECK (VALUE >= 0); CREATE DOMAIN prices AS net_price[]`);
    await given(
      'kind',
      `id bigint PRIMARY KEY, n numeric, f float8, m mood, list int[], b bytea, t timestamptz, i interval, j jsonb, d date,
       twice bigint GENERATED ALWAYS AS (id * 2) STORED, of regclass, cost money, more fee[],
       net net_price, ns numeric[], grid numeric[], below prices`,
      {},
      `SET TimeZone = 'Asia/Tokyo'; SET bytea_output = 'escape'; SET IntervalStyle = 'sql_standard'; SET DateStyle = 'German';
       SET extra_float_digits = 0; SET quote_all_identifiers = on;
       INSERT INTO kind VALUES (9007199254740993, 0.1000000000000000000001, 0.1::float8 + 0.2::float8, 'fine', '{1,2}', '\\x00ff', '2026-01-02 03:04:05Z',
         '1 day 2 hours', '{"big": 12345678901234567890, "text": "12345678901234567890"}', '2026-01-02', DEFAULT, 'kind', '12.34', '{}',
         1.50, '{1.10,NULL,-0.0,NaN}', '{{1.0,2.50},{3,12345678901234567890.10}}', '{7.70}')`,
      'ALTER TABLE kind ADD later int',
      `SET standard_conforming_strings = off; UPDATE kind SET ns = '{1.1,NULL,-0.0,NaN}'`,
    );
    const [inserted, updated] = await listChanges('kind');
    expect(inserted?.after).toEqual({
      ...{ id: '9007199254740993', n: '0.1000000000000000000001', f: 0.30000000000000004, m: 'fine', list: [1, 2] },
      ...{ b: '\\x00ff', t: '2026-01-02T03:04:05+00:00', i: 'P1DT2H', d: '2026-01-02', twice: '18014398509481986' },
      ...{ j: { big: '12345678901234567890', text: '12345678901234567890' } },
      ...{ of: 'public.kind', cost: '$12.34', more: [], net: '1.50', ns: ['1.10', null, '0.0', 'NaN'] },
      ...{ grid: [['1.0', '2.50'], ['3', '12345678901234567890.10']], below: ['7.70'] }, // prettier-ignore
    });
    expect(updated).toMatchObject({ diff: [{ path: '/ns/0', from: '1.10', to: '1.1' }], after: { later: null } });
  });

  it('that were added since leave as a digest, and those that were dropped leave nothing', async () => {
    await given(
      'rate_card',
      'id int PRIMARY KEY, price numeric(10,2), old_price numeric(10,2), token text',
      {},
      'ALTER TABLE rate_card ADD COLUMN nickname text',
      'ALTER TABLE rate_card DROP COLUMN old_price, DROP COLUMN token',
      `INSERT INTO rate_card VALUES (1, 2.50, 'Ada')`,
    );
    await capture('rate_card');
    await run(`INSERT INTO rate_card VALUES (2, 2.50, 'Ada')`);
    expect(await listChanges('rate_card')).toEqual([
      { id: '1', after: { id: 1, price: '2.50', nickname: expect.stringMatching(/^sha256:/) } },
      { id: '2', after: { id: 2, price: '2.50', nickname: 'Ada' } },
    ]);
  });

  it('with texts are personal unless their rules say that they are facts; names of the database are facts', async () => {
    await given(
      'person',
      'id uuid PRIMARY KEY, status text, nickname text, height numeric',
      { facts: ['status'] },
      `INSERT INTO person VALUES (gen_random_uuid(), 'retired', 'Countess', 1.7)`,
    );
    await scene.events('person');
    const [row = {}] = await database.superuserSql(
      `SELECT changes::text, details::text, personal::text, resource_id, personal_columns FROM audit_event WHERE resource_type = 'person'`,
    );
    expect(row.changes).toMatch(/retired.*1\.7|1\.7.*retired/);
    expect(row.changes).not.toContain('Countess');
    expect(row.personal).toContain('Countess');
    for (const fact of ['"person"', '"public"', '"INSERT"', '"app"']) expect(row.details).toContain(fact);
    expect([row.resource_id === null, row.personal_columns]).toEqual([false, null]);
  });

  it('that no image can hold are captured, break no statement, and are compared', async () => {
    const rules = { ignore: ['left_out'], redact: ['hidden'], digest: ['told'] };
    const json = String.raw`'{"text": "\u0000"}'::json`;
    const bytes = `convert_to(repeat('x', 1000000), 'UTF8')`;
    await given(
      'paper',
      'id int PRIMARY KEY, title text, scan bytea, left_out bytea, raw json, hidden json, told json, odd json[]',
      rules,
      `INSERT INTO paper VALUES (1, 'a', ${bytes}, ${bytes}, ${json}, ${json}, ${json}, ARRAY[${json}])`,
      `INSERT INTO paper VALUES (2, 'short', '\\x00', '\\x00')`,
      `UPDATE paper SET scan = scan || '\\x00'`,
      'ALTER TABLE paper ADD later json, DROP COLUMN odd',
      `UPDATE paper SET later = ${json}`,
    );
    expect(await listFindings('paper')).toEqual([]);
    const changes = await listChanges('paper');
    expect(changes.find(({ id }) => id === '1')?.after).toEqual({
      ...{ id: 1, title: 'a', scan: expect.stringMatching(/^\\x7878.*\[cut\]$/), hidden: '[REDACTED]' },
      ...{ raw: String.raw`{"text": "\u0000"}`, told: expect.stringMatching(/^sha256:/) },
      odd: expect.stringMatching(/u0000/),
    });
    expect(changes.at(-1)?.after).toMatchObject({ title: 'short', later: expect.stringMatching(/^sha256:/) });
    await capture('paper', rules);
    expect(await listFindings('paper')).toEqual([]);
    await database.superuserSql(`ALTER TABLE paper DISABLE TRIGGER USER;
      UPDATE paper SET scan = overlay(scan placing '\\xff' from 900000) WHERE id = 1`);
    expect(await listFindings('paper')).toEqual(['row_changed 1']);
  });
});

describe('keys', () => {
  it('of several columns are joined by commas, and those that all move are paired with the rows that they were of', async () => {
    await given(
      'place',
      'hall text, id int, name text, PRIMARY KEY (hall, id) DEFERRABLE',
      { facts: ['name'] },
      `INSERT INTO place VALUES ('A,B', 1, 'one'), ('A,B', 2, 'two'), ('A,B', 3, 'three')`,
      'UPDATE place SET id = id + 10',
    );
    const moved = (await scene.events('place')).slice(3);
    expect(moved).toMatchObject(
      [1, 2, 3].map((id) => ({
        ...{ type: 'row_updated', resource: { id: String.raw`A\,B,${id + 10}` } },
        details: { key: { hall: 'A,B', id: id + 10 }, rekeyedFrom: { hall: 'A,B', id } },
        changes: { diff: [{ path: '/id', from: id, to: id + 10 }] },
      })),
    );
  });

  it('that a table has none of are missing, and the change is complete', async () => {
    await given(
      'log_line',
      'text text',
      {},
      `INSERT INTO log_line VALUES ('one'), ('two')`,
      `UPDATE log_line SET text = 'three' WHERE text = 'two'`,
      `DELETE FROM log_line WHERE text = 'one'`,
    );
    const diff = [{ path: '/text', from: 'two', to: 'three' }];
    expect(await listChanges('log_line')).toEqual([
      { id: undefined, after: { text: 'one' } },
      { id: undefined, after: { text: 'two' } },
      { id: undefined, before: { text: 'two' }, after: { text: 'three' }, diff },
      { id: undefined, before: { text: 'one' } },
    ]);
  });

  it('that were renamed since break no statement', async () => {
    await given(
      'badge',
      'id int PRIMARY KEY, name text',
      {},
      `INSERT INTO badge VALUES (1, 'one'), (2, 'two')`,
      'ALTER TABLE badge RENAME COLUMN id TO number',
      `UPDATE badge SET name = 'three' WHERE number = 2`,
    );
    const [, , updated] = await scene.events('badge');
    expect(updated).toMatchObject({ changes: { before: { name: 'two' }, after: { name: 'three' } } });
    expect(updated?.resource).toEqual({ type: 'badge' });
    expect(updated?.details).not.toHaveProperty('key');
  });
});

const SWAP = ['RENAME pin TO other', 'RENAME city TO pin', 'RENAME other TO city'];
const DROP = ['DROP city', 'RENAME pin TO city', 'ADD pin text'];

it.each([
  ['swapped', 'itself', SWAP],
  ['dropped', 'itself', DROP],
  ['swapped', 'another', SWAP],
  ['dropped', 'another', DROP],
])('a redacted column shows nothing under the name of one that was %s by the session %s', async (how, by, changes) => {
  const table = `${how}_by_${by}`;
  await given(table, 'id int PRIMARY KEY, city text, pin text', { redact: ['pin'] });
  await withClient(database.url, async (client) => {
    const moveTo = async (city: string) => {
      await client.query(`UPDATE ${table} SET city = '${city}' WHERE id = 1`);
      await client.query(`UPDATE ${table} SET city = '${city} again'`);
    };
    await client.query(`INSERT INTO ${table} VALUES (1, 'Rome', 'first-pin'), (2, 'Oslo', 'other-pin')`);
    await moveTo('Bern');
    for (const change of changes) {
      if (by === 'itself') await client.query(`ALTER TABLE ${table} ${change}`);
      else await run(`ALTER TABLE ${table} ${change}`);
    }
    await moveTo('last-pin');
    await client.query(`DELETE FROM ${table}`);
  });
  const events = await scene.events(table);
  expect(events).toHaveLength(10);
  expect(JSON.stringify(events)).not.toMatch(/first-pin|other-pin|last-pin/);
  expect(JSON.stringify(events.slice(0, 5))).toContain('Bern again');
});

it('a transaction that is older than new names of columns shows no redacted column under the name of another: it is to be tried again', async () => {
  await given('vault', 'id int PRIMARY KEY, city text, pin text', { redact: ['pin'] });
  await run(`INSERT INTO vault VALUES (1, 'Rome', 'first-pin')`);
  await withClient(database.url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM audit_row_salt');
    for (const change of SWAP) await run(`ALTER TABLE vault ${change}`);
    await expect(client.query(`UPDATE vault SET pin = 'Oslo'`)).rejects.toMatchObject({ code: '40001' });
  });
  expect(JSON.stringify(await scene.events('vault'))).not.toContain('first-pin');
});

it('an ignored column stays ignored under the name of another, whose changes are told', async () => {
  await given(
    'stay',
    'id int PRIMARY KEY, city text, seen text',
    { ignore: ['seen'] },
    `INSERT INTO stay VALUES (1, 'Rome', 'first-seen')`,
    ...SWAP.map((each) => each.replace('pin', 'seen')).map((change) => `ALTER TABLE stay ${change}`),
    `UPDATE stay SET city = 'last-seen'`,
    `UPDATE stay SET seen = 'Oslo'`,
  );
  const events = await scene.events('stay');
  expect(listKinds(events)).toEqual(['row_inserted 1', 'row_updated 1']);
  expect(events.at(-1)?.changes?.after).toEqual({ id: 1, seen: expect.stringMatching(/^sha256:/) });
  expect(await listFindings('stay')).toEqual([]);
});

describe('tables', () => {
  it('with partitions are captured whether a statement names them or a partition, also where a row moves', async () => {
    await run(`CREATE TABLE metric (id int, year int, n int, PRIMARY KEY (id, year)) PARTITION BY LIST (year);
      CREATE TABLE metric_1 PARTITION OF metric FOR VALUES IN (1);
      CREATE TABLE metric_2 (n int, year int NOT NULL, id int NOT NULL); -- another order of columns
      ALTER TABLE metric ATTACH PARTITION metric_2 FOR VALUES IN (2)`);
    await capture('metric');
    await run(`INSERT INTO metric VALUES (1, 1, 0); UPDATE metric_1 SET n = 1; UPDATE metric SET year = 2;
      CREATE TABLE metric_3 PARTITION OF metric FOR VALUES IN (3); INSERT INTO metric VALUES (3, 3, 0); DELETE FROM metric_2`);
    const events = await scene.events('metric');
    expect(events.map(({ type, details }) => [type, details.table, details.partition])).toEqual([
      ['row_inserted', 'metric', undefined],
      ['row_updated', 'metric', 'public.metric_1'],
      ['row_updated', 'metric', undefined],
      ['row_inserted', 'metric', undefined],
      ['row_deleted', 'metric', 'public.metric_2'],
    ]);
    expect(events[2]).toMatchObject({
      resource: { id: '1,2' },
      changes: { diff: [{ path: '/year', from: 1, to: 2 }] },
      details: { rekeyedFrom: { id: 1, year: 1 } },
    });
  });

  it('that inherit are captured with their own columns', async () => {
    await run(`CREATE TABLE animal (id int PRIMARY KEY, name text);
      CREATE TABLE dog (breed text, PRIMARY KEY (id)) INHERITS (animal)`);
    await capture('animal');
    await run(`INSERT INTO dog VALUES (1, 'Rex', 'poodle'); UPDATE animal SET name = 'Max'`);
    expect(await scene.events('animal')).toMatchObject([
      { details: { partition: 'public.dog' }, changes: { after: { name: 'Rex' } } },
      { changes: { diff: [{ path: '/name', from: 'Rex', to: 'Max' }] } },
    ]);
  });

  it('cannot be truncated, unless their rules record that with the number of rows', async () => {
    await given('kept', 'id int PRIMARY KEY', {});
    await given('emptied', 'id int PRIMARY KEY', { truncate: 'record' }, 'INSERT INTO emptied VALUES (1), (2)');
    expect(await getErrorCode('TRUNCATE kept')).toBe('55000');
    await run('TRUNCATE emptied');
    expect((await scene.events('emptied')).at(-1)).toMatchObject({
      ...{ type: 'table_truncated', severity: 'warning', details: { rowCount: 2, operation: 'TRUNCATE' } },
    });
  });

  it('fail the statement whose change cannot be captured, unless their rules let it pass and count it', async () => {
    await given('strict', 'id int PRIMARY KEY', {});
    await given('lenient', 'id int PRIMARY KEY', { onCaptureFailure: 'pass' });
    await run(`ALTER TABLE audit_row_change ADD CONSTRAINT refusing CHECK (operation <> 'INSERT') NOT VALID`);
    expect(await getErrorCode('INSERT INTO strict VALUES (1)')).toBe('23514');
    expect(await getErrorCode('INSERT INTO lenient VALUES (1)')).toBeUndefined();
    await run('ALTER TABLE audit_row_change DROP CONSTRAINT refusing');
    await scene.events('lenient');
    const failed = await database.superuserSql(
      `SELECT details->>'table' AS table_name, details->>'sqlState' AS state FROM audit_event WHERE type LIKE 'audit_row_capture%'`,
    );
    expect(failed).toEqual([{ table_name: 'lenient', state: '23514' }]);
  });
});

describe('a statement whose capture cannot get its lock in time', () => {
  const KEY = 'a key of more than thirty-two characters';
  const as = <Result>(id: string, work: () => Promise<Result>) =>
    AuditContext.run({ actor: { type: 'user', id } }, work);

  /** While the outbox is locked, the statement must fail with the code. */
  async function whileLocked(work: () => Promise<unknown>, code: string | undefined): Promise<void> {
    await withClient(database.superuserUrl, async (blocker) => {
      await blocker.query('BEGIN; LOCK TABLE audit_row_change IN ACCESS EXCLUSIVE MODE');
      if (code === undefined) await work();
      else await expect(work()).rejects.toMatchObject({ code });
    });
  }

  it('fails, or its savepoint does; nothing of it is captured, and the next statement has its own context', async () => {
    await given('account', 'id int PRIMARY KEY, cents int', {}, 'INSERT INTO account VALUES (1, 10), (2, 20)');
    await storeContextKey(database, 'timeouts', KEY);
    const client = new (auditedPg(pg, { key: KEY }).Client)({ connectionString: database.url });
    await client.connect();
    for (const [setting, code, after] of [
      ['lock_timeout', '55P03', '250ms'],
      ['statement_timeout', '57014', '2s'], // of the statements after it, too, on a busy machine
    ] as const) {
      await client.query(`SET ${setting} = '${after}'`);
      await whileLocked(() => as('ann', () => client.query('UPDATE account SET cents = 99 WHERE id = 1')), code);
      await client.query('UPDATE account SET cents = cents + 1 WHERE id = 1');
      await as('bob', async () => {
        await client.query('BEGIN; SAVEPOINT inner_one');
        await whileLocked(() => client.query('UPDATE account SET cents = 33 WHERE id = 2'), code);
        await client.query('ROLLBACK TO SAVEPOINT inner_one');
        await client.query('UPDATE account SET cents = cents + 1 WHERE id = 1; COMMIT');
      });
      await client.query(`RESET ${setting}`);
    }
    await client.end();
    const events = (await scene.events('account')).slice(2);
    expect(events.map(({ actor, changes }) => [actor.id, (changes?.after as { cents: number }).cents])).toEqual([
      ['app', 11],
      ['bob', 12],
      ['app', 13],
      ['bob', 14],
    ]);
    expect(await listFindings('account')).toEqual([]);
  });

  it('fails on its own time, and passes without a lock, where failures of the capture pass; reconciling names the row', async () => {
    const rules = { onCaptureFailure: 'pass' } as const;
    await given('passing', 'id int PRIMARY KEY, cents int', rules, 'INSERT INTO passing VALUES (1, 10)');
    const update = (setting: string) => () => run(`SET ${setting} = '250ms'; UPDATE passing SET cents = cents + 1`);
    await whileLocked(update('statement_timeout'), '57014');
    expect(await listFindings('passing')).toEqual([]);
    await whileLocked(update('lock_timeout'), undefined);
    expect(await run('SELECT cents FROM passing')).toEqual([{ cents: 11 }]);
    expect(await scene.events('passing')).toHaveLength(1);
    expect(await listFindings('passing')).toEqual(['row_changed 1']);
  });
});

describe('the order of events', () => {
  it('of rows in turn by two transactions is that of their commits', async () => {
    await given('turn', 'id int PRIMARY KEY, n int', {}, 'INSERT INTO turn VALUES (1, 0), (2, 0)');
    await withClient(database.url, async (one) =>
      withClient(database.url, async (two) => {
        await one.query('BEGIN');
        await one.query('UPDATE turn SET n = 1 WHERE id = 2');
        await two.query('UPDATE turn SET n = 2 WHERE id = 1');
        await one.query('UPDATE turn SET n = 3 WHERE id = 1');
        await one.query('COMMIT');
      }),
    );
    const events = (await scene.events('turn')).filter(({ resource }) => resource?.id === '1');
    expect(events.map(({ changes }) => (changes?.after as { n: number }).n)).toEqual([0, 2, 3]);
  });

  const SUM_UP = `CREATE FUNCTION sum_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE sums SET total = NEW.price * 2 WHERE id = NEW.id AND total IS DISTINCT FROM NEW.price * 2;
      RETURN NULL;
    END $$;
    CREATE TRIGGER sum_up AFTER INSERT OR UPDATE ON sums FOR EACH ROW EXECUTE FUNCTION sum_up()`;

  it('puts the change of a statement before those of an AFTER trigger that it fired, also of more rows than a batch', async () => {
    await run(`CREATE TABLE sums (id int PRIMARY KEY, price int, total int, note text); ${SUM_UP}`);
    await capture('sums');
    await run('INSERT INTO sums VALUES (1, 1); UPDATE sums SET price = 5');
    const states = (await scene.events('sums')).map(({ changes }) => changes?.after as Record<string, unknown>);
    expect(states.map(({ price, total }) => [price, total])).toEqual([
      [1, null],
      [1, 2],
      [5, 2],
      [5, 10],
    ]);
    await run('INSERT INTO sums SELECT i, i FROM generate_series(2, 2101) i');
    await scene.events('sums');
    expect(await listFindings('sums')).toEqual([]);
  });

  it('is made in parts where one transaction is too large for the memory, and each change is taken once', async () => {
    const apart = await createTestDatabase();
    await apart.sql(`CREATE TABLE sums (id int PRIMARY KEY, price int, total int, note text); ${SUM_UP}`);
    await captureTables(apart.url, { 'public.sums': {} });
    await apart.sql(`INSERT INTO sums SELECT i, i, 0, repeat('x', 10000) FROM generate_series(1, 1500) i`);
    const [captured] = await apart.sql('SELECT sum(changes)::int AS changes FROM audit_row_change');
    let taken = 0;
    await useSession(apart.url, LEADER, {}, async (session) => {
      for (;;) {
        const rows = await session.inTransaction(() => takeChanges(session, new DrainPace(), () => undefined));
        if (rows.length === 0) return;
        const bytes = rows.reduce((sum, { lines }) => sum + String(lines).length, 0);
        expect(bytes).toBeLessThan(17 * 1024 * 1024);
        taken += sortChanges(rows.map(parseChunk), (chunk) => chunk).flatMap(({ lines }) => lines).length;
      }
    });
    await apart.drop();
    expect(taken).toBe(captured?.changes);
  });
});

it('the outbox lets nobody who may add events choose the times and the transaction of a change', async () => {
  for (const column of ['transaction', 'begun_at', 'changed_at'])
    expect(await getErrorCode(`SET ROLE audit_writer; INSERT INTO audit_row_change (${column}) VALUES (NULL)`)).toBe(
      '42501',
    );
});

const pair = (value: string) => `ROW(1, ${value})::pair`;

/** Two values of a type whose texts differ, as expressions. */
const DISTINCT: readonly (readonly [type: string, one: string, other: string])[] = [
  ['jsonb', 'NULL', `'null'`],
  ['jsonb', `'null'`, `'"null"'`],
  ['jsonb', `'9.9'`, `'9.90'`],
  ['jsonb', `'{"a": 1582917533873852417}'`, `'{"a": 1582917533873852418}'`],
  ['json', 'NULL', `' null'`],
  ['bag', 'NULL', `'null'`],
  ['jsonb[]', 'ARRAY[NULL]::jsonb[]', `ARRAY['null']::jsonb[]`],
  ['jsonb[]', `ARRAY['[1, 2]']::jsonb[]`, `ARRAY[ARRAY['1', '2']]::jsonb[]`],
  ['pair', pair('NULL'), pair(`'null'`)],
  ['pair[]', `ARRAY[${pair('NULL')}]`, `ARRAY[${pair(`'null'`)}]`],
  ['float8', `'0'`, `'-0'`],
  ['float8', '0.1', '0.10000000000000002'],
  ['float8[]', `'{0,1}'`, `'{-0,1}'`],
  ['measure', 'ROW(0)::measure', `ROW('-0')::measure`],
  ['numeric', '9.9', '9.90'],
  ['numeric[]', `'{9.9}'`, `'{9.90}'`],
  ['int[]', `'{1,2}'`, `'[0:1]={1,2}'`],
  ['int[]', `'{}'`, 'NULL'],
  ['text[]', `'{NULL}'`, `'{"NULL"}'`],
  ['text', `'null'`, 'NULL'],
  ['bytea', String.raw`'\x00'`, String.raw`'\x0000'`],
  ['timestamptz', `'infinity'`, `'-infinity'`],
  ['timestamptz', `'2026-01-01 00:00:00.000001+00'`, `'2026-01-01 00:00:00+00'`],
  ['interval', `'1 day'`, `'24 hours'`],
  ['numrange', `'[1.0,2)'`, `'[1.00,2)'`],
  ['xml', `'<a/>'`, `'<a></a>'`],
  ['point', `'(0,0)'`, `'(-0,0)'`],
];

it('two values that PostgreSQL keeps apart are kept apart in events and in digests', async () => {
  await run('CREATE DOMAIN bag AS jsonb; CREATE TYPE pair AS (n int, v jsonb); CREATE TYPE measure AS (f float8)');
  const columns = DISTINCT.map(([type], nth) => `v${nth} ${type}`).join(', ');
  const set = (side: 1 | 2) => DISTINCT.map((values, nth) => `v${nth} = ${values[side]}`).join(', ');
  await given('distinct_values', `id int PRIMARY KEY, ${columns}`, {});
  await run(`INSERT INTO distinct_values SELECT n FROM generate_series(0, ${DISTINCT.length}) n`);
  await run(`UPDATE distinct_values SET ${set(1)}`);
  await run(`UPDATE distinct_values SET ${set(2)} WHERE id = ${DISTINCT.length}`);
  const last = (await scene.events('distinct_values')).at(-1);
  const shown = new Set(
    ((last?.changes?.diff ?? []) as readonly { path: string }[]).map(({ path }) => path.split('/')[1]),
  );
  expect(DISTINCT.filter((_values, nth) => !shown.has(`v${nth}`))).toEqual([]);
  await database.superuserSql('ALTER TABLE distinct_values DISABLE TRIGGER ALL');
  for (const [nth, [, , other]] of DISTINCT.entries())
    await run(`UPDATE distinct_values SET v${nth} = ${other} WHERE id = ${nth}`);
  const found = await listFindings('distinct_values');
  expect(DISTINCT.filter((_values, nth) => !found.includes(`row_changed ${nth}`))).toEqual([]);
});
