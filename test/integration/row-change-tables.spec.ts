import { describe, expect, it } from '@jest/globals';
import type { TableRules } from '../../src/audit/index.js';
import type { LedgerEvent } from '../../src/monitoring/index.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { kept, testDatabase, withClient } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const database = await testDatabase();
const scene = await kept(startRowChanges(database, { bulkRows: 1_000 }));

const run = (statement: string) => database.sql(statement);
const capture = (name: string, rules: TableRules = {}) => captureTables(database.url, { [`public.${name}`]: rules });
const changesOf = async (type: string) =>
  (await scene.events(type)).map(({ resource, changes }) => ({ id: resource?.id, ...changes }));
const kindsOf = (events: readonly LedgerEvent[]) =>
  events.map(({ type, resource }) => `${type} ${resource?.id ?? '-'}`);
const codeOf = async (statement: string): Promise<unknown> =>
  run(statement).then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('columns', () => {
  it('that are redacted never leave the trigger; that one changed is told', async () => {
    await run('CREATE TABLE member (id int PRIMARY KEY, password_hash text, notes text, name text)');
    await capture('member', { redact: ['notes'] });
    await run(`INSERT INTO member VALUES (1, 'first-hash', 'first note', 'Ada')`);
    await run(`UPDATE member SET password_hash = 'second-hash'`);
    await run(`UPDATE member SET notes = 'second note'`);
    await run(`UPDATE member SET name = 'Ada L.'`);
    const hidden = { password_hash: '[REDACTED]', notes: '[REDACTED]' };
    const masked = { from: '[REDACTED]', to: '[REDACTED]' };
    expect(await changesOf('member')).toEqual([
      { id: '1', after: { id: 1, name: 'Ada', ...hidden } },
      expect.objectContaining({ diff: [{ path: '/password_hash', ...masked }] }),
      expect.objectContaining({ diff: [{ path: '/notes', ...masked }] }),
      {
        id: '1',
        before: { id: 1, name: 'Ada', ...hidden },
        after: { id: 1, name: 'Ada L.', ...hidden },
        diff: [{ path: '/name', from: 'Ada', to: 'Ada L.' }],
      },
    ]);
  });

  it('hold numbers exactly within lists and below several domains, also after a column was added', async () => {
    await run(
      `CREATE DOMAIN price AS numeric; CREATE DOMAIN net_price AS price CHECK (VALUE >= 0); CREATE DOMAIN prices AS net_price[]`,
    );
    await run(
      `CREATE TABLE tariff (id int PRIMARY KEY, net net_price, list numeric[], grid numeric[], below prices, sizes int[])`,
    );
    await capture('tariff');
    const values = `1.50, '{1.10,NULL,-0.0,NaN}', '{{1.0,2.50},{3,12345678901234567890.10}}', '{7.70}', '{1,2}'`;
    const exact = {
      net: '1.50',
      list: ['1.10', null, '0.0', 'NaN'],
      grid: [
        ['1.0', '2.50'],
        ['3', '12345678901234567890.10'],
      ],
      below: ['7.70'],
      sizes: [1, 2],
    };
    await run(`INSERT INTO tariff VALUES (1, ${values})`);
    await run(`SET standard_conforming_strings = off; INSERT INTO tariff VALUES (2, ${values}), (3, ${values})`);
    await run('ALTER TABLE tariff ADD later int');
    await run(`INSERT INTO tariff VALUES (4, ${values})`);
    expect((await changesOf('tariff')).map(({ after }) => after)).toEqual([
      { id: 1, ...exact },
      { id: 2, ...exact },
      { id: 3, ...exact },
      { id: 4, ...exact, later: null },
    ]);
    await run(`UPDATE tariff SET list = '{1.1,NULL,-0.0,NaN}' WHERE id = 1`);
    expect((await changesOf('tariff')).at(-1)).toMatchObject({ diff: [{ path: '/list/0', from: '1.10', to: '1.1' }] });
  });

  it('hold the same text whatever the settings of the session', async () => {
    await run(
      `CREATE TYPE fee AS (amount money); CREATE TABLE bill (id int PRIMARY KEY, of regclass, cost money, more fee[])`,
    );
    await run('CREATE TABLE receipt (id int PRIMARY KEY, cost int)');
    await capture('bill');
    await capture('receipt');
    const [settings, others] = await Promise.all(
      ['row_capture_bill', 'row_capture_receipt'].map(async (name) =>
        run(`SELECT proconfig::text FROM pg_proc WHERE proname = '${name}'`),
      ),
    );
    expect(settings?.[0]?.proconfig).toMatch(/lc_monetary=C.*quote_all_identifiers=off/);
    expect(others?.[0]?.proconfig).not.toContain('lc_monetary');
    await run(`INSERT INTO bill VALUES (1, 'receipt', '12.34', '{}')`);
    await run(`SET quote_all_identifiers = on; INSERT INTO bill VALUES (2, 'receipt', '12.34', '{}')`);
    const [one, two] = await changesOf('bill');
    expect(one?.after).toEqual({ id: 1, of: 'public.receipt', cost: '$12.34', more: [] });
    expect(two?.after).toEqual({ id: 2, of: 'public.receipt', cost: '$12.34', more: [] });
  });

  it('leave no secret in the outbox either', async () => {
    await run('CREATE TABLE locker (id int PRIMARY KEY, pin text, iban text)');
    await capture('locker', { digest: ['iban'] });
    await withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(`INSERT INTO locker VALUES (1, 'walrus', 'DE02120300000000202051')`);
      const { rows } = await client.query<{ text: string }>('SELECT o::text AS text FROM audit_row_change o');
      expect(rows.map(({ text }) => text).join()).toContain('[REDACTED]');
      expect(rows.map(({ text }) => text).join()).not.toMatch(/walrus|DE0212/);
      await client.query('ROLLBACK');
    });
  });

  it('that are digested stay comparable, also under the name of a secret', async () => {
    await run('CREATE TABLE account (id int PRIMARY KEY, iban text)');
    await capture('account', { digest: ['iban'] });
    await run(`INSERT INTO account VALUES (1, 'DE02'), (2, 'DE02'), (3, 'DE03'), (4, NULL)`);
    const ibans = (await scene.events('account')).map(({ changes }) => (changes?.after as { iban: unknown }).iban);
    expect(ibans).toEqual([
      expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      ibans[0],
      expect.stringMatching(/^sha256:/),
      null,
    ]);
    expect(ibans[2]).not.toBe(ibans[0]);
  });

  it('that were added since leave as a digest, and those that were dropped leave nothing', async () => {
    await run('CREATE TABLE rate_card (id int PRIMARY KEY, price numeric(10,2), old_price numeric(10,2), token text)');
    await capture('rate_card');
    await run('ALTER TABLE rate_card ADD COLUMN nickname text');
    await run('ALTER TABLE rate_card DROP COLUMN old_price, DROP COLUMN token');
    await run(`INSERT INTO rate_card VALUES (1, 2.50, 'Ada')`);
    await capture('rate_card');
    await run(`INSERT INTO rate_card VALUES (2, 2.50, 'Ada')`);
    expect(await changesOf('rate_card')).toEqual([
      { id: '1', after: { id: 1, price: '2.50', nickname: expect.stringMatching(/^sha256:/) } },
      { id: '2', after: { id: 2, price: '2.50', nickname: 'Ada' } },
    ]);
  });

  it('of every type are written the same for everybody, and numbers stay exact', async () => {
    await run(`CREATE TYPE mood AS ENUM ('sad', 'fine')`);
    await run(`CREATE TABLE kind (id bigint PRIMARY KEY, n numeric, f float8, m mood, list int[], b bytea, t timestamptz, i interval, j jsonb, d date,
      twice bigint GENERATED ALWAYS AS (id * 2) STORED)`);
    await capture('kind');
    await withClient(database.url, async (client) => {
      await client.query(
        `SET TimeZone = 'Asia/Tokyo'; SET bytea_output = 'escape'; SET IntervalStyle = 'sql_standard'; SET DateStyle = 'German'; SET extra_float_digits = 0`,
      );
      await client.query(
        `INSERT INTO kind VALUES (9007199254740993, 0.1000000000000000000001, 0.1::float8 + 0.2::float8, 'fine', '{1,2}', '\\x00ff', '2026-01-02 03:04:05Z',
           '1 day 2 hours', '{"big": 12345678901234567890, "text": "12345678901234567890"}', '2026-01-02')`,
      );
    });
    expect((await changesOf('kind'))[0]?.after).toEqual({
      id: '9007199254740993',
      n: '0.1000000000000000000001',
      f: 0.30000000000000004,
      m: 'fine',
      list: [1, 2],
      b: '\\x00ff',
      t: '2026-01-02T03:04:05+00:00',
      i: 'P1DT2H',
      j: { big: '12345678901234567890', text: '12345678901234567890' },
      d: '2026-01-02',
      twice: '18014398509481986',
    });
  });

  it('of every name are captured, also when only the writing of a number changes', async () => {
    await run(
      'CREATE TABLE oddity (r int PRIMARY KEY, a text, b text, j text, source text, origin text, known numeric, w text, x text, whole text)',
    );
    await capture('oddity', { ignore: ['origin'] });
    await run(`INSERT INTO oddity VALUES (1, 'a', 'b', 'j', 's', 'o', 1.0), (2, 'a', 'b', 'j', 's', 'o', 1)`);
    await run('UPDATE oddity SET known = 1.00 WHERE r = 1');
    await run('UPDATE oddity SET known = 1.00');
    await run(`DELETE FROM oddity WHERE r = 1`);
    const row = (r: number, known: string) => ({
      ...{ r, a: 'a', b: 'b', j: 'j', source: 's', known },
      ...{ w: null, x: null, whole: null },
    });
    const diff = (from: string) => [{ path: '/known', from, to: '1.00' }];
    expect(await changesOf('oddity')).toEqual([
      { id: '1', after: row(1, '1.0') },
      { id: '2', after: row(2, '1') },
      { id: '1', before: row(1, '1.0'), after: row(1, '1.00'), diff: diff('1.0') },
      { id: '2', before: row(2, '1'), after: row(2, '1.00'), diff: diff('1') },
      { id: '1', before: row(1, '1.00') },
    ]);
  });

  it('with texts are personal unless their rules say that they are facts; names of the database are facts', async () => {
    await run('CREATE TABLE person (id uuid PRIMARY KEY, status text, nickname text, height numeric)');
    await capture('person', { facts: ['status'] });
    await run(`INSERT INTO person VALUES (gen_random_uuid(), 'retired', 'Countess', 1.7)`);
    await scene.events('person');
    const [row] = await database.superuserSql(
      `SELECT changes::text, details::text, personal::text, resource_id, personal_columns FROM audit_event WHERE resource_type = 'person'`,
    );
    expect(String(row?.changes)).toContain('retired');
    expect(String(row?.changes)).toContain('1.7');
    expect(String(row?.changes)).not.toContain('Countess');
    expect(String(row?.personal)).toContain('Countess');
    expect(String(row?.details)).toMatch(/"person".*/);
    for (const fact of ['"public"', '"INSERT"', '"app"']) expect(String(row?.details)).toContain(fact);
    expect([row?.resource_id === null, row?.personal_columns]).toEqual([false, null]);
  });
});

describe('keys', () => {
  it('of several columns are joined by commas, and a changed key is told', async () => {
    await run('CREATE TABLE seat (hall text, number int, name text, PRIMARY KEY (hall, number))');
    await capture('seat');
    await run(`INSERT INTO seat VALUES ('A,B', 1, 'Ada')`);
    await run('UPDATE seat SET number = 2');
    const [, rekeyed] = await scene.events('seat');
    expect(rekeyed).toMatchObject({
      type: 'row_updated',
      resource: { id: String.raw`A\,B,2` },
      details: { key: { hall: 'A,B', number: 2 }, rekeyedFrom: { hall: 'A,B', number: 1 } },
      changes: { diff: [{ path: '/number', from: 1, to: 2 }] },
    });
  });

  it('that all move by one are paired with the rows that they were of', async () => {
    await run('CREATE TABLE place (id int PRIMARY KEY DEFERRABLE, name text)');
    await capture('place', { facts: ['name'] });
    await run(`INSERT INTO place VALUES (1, 'one'), (2, 'two'), (3, 'three')`);
    await run('UPDATE place SET id = id + 10');
    expect(
      (await scene.events('place'))
        .slice(3)
        .map(({ details, changes }) => [details.rekeyedFrom, details.key, changes?.diff]),
    ).toEqual([1, 2, 3].map((id) => [{ id }, { id: id + 10 }, [{ path: '/id', from: id, to: id + 10 }]]));
  });

  it('that a table has none of are missing, and the change is complete', async () => {
    await run('CREATE TABLE log_line (text text)');
    await capture('log_line');
    await run(`INSERT INTO log_line VALUES ('one'), ('two')`);
    await run(`UPDATE log_line SET text = 'three' WHERE text = 'two'`);
    await run(`DELETE FROM log_line WHERE text = 'one'`);
    expect(await changesOf('log_line')).toEqual([
      { id: undefined, after: { text: 'one' } },
      { id: undefined, after: { text: 'two' } },
      {
        id: undefined,
        before: { text: 'two' },
        after: { text: 'three' },
        diff: [{ path: '/text', from: 'two', to: 'three' }],
      },
      { id: undefined, before: { text: 'one' } },
    ]);
  });

  it('that were renamed since break no statement', async () => {
    await run('CREATE TABLE badge (id int PRIMARY KEY, name text)');
    await capture('badge');
    await run(`INSERT INTO badge VALUES (1, 'one'), (2, 'two')`);
    await run('ALTER TABLE badge RENAME COLUMN id TO number');
    await run(`UPDATE badge SET name = 'three' WHERE number = 2`);
    const [, , updated] = await scene.events('badge');
    expect(updated).toMatchObject({
      type: 'row_updated',
      changes: { before: { name: 'two' }, after: { name: 'three' } },
    });
    expect(updated?.resource).toEqual({ type: 'badge' });
    expect(updated?.details).not.toHaveProperty('key');
  });
});

it.each([
  ['swapped', ['RENAME pin TO other', 'RENAME city TO pin', 'RENAME other TO city']],
  ['dropped', ['DROP city', 'RENAME pin TO city', 'ADD pin text']],
])('a redacted column shows nothing under the name of one that was %s', async (how, changes) => {
  const table = `locker_${how}`;
  await run(`CREATE TABLE ${table} (id int PRIMARY KEY, city text, pin text)`);
  await capture(table, { redact: ['pin'] });
  await withClient(database.url, async (client) => {
    await client.query(`INSERT INTO ${table} VALUES (1, 'Rome', 'first-pin'), (2, 'Oslo', 'other-pin')`);
    for (const change of changes) await client.query(`ALTER TABLE ${table} ${change}`);
    await client.query(`UPDATE ${table} SET city = 'last-pin' WHERE id = 1`);
    await client.query(`DELETE FROM ${table}`);
  });
  const events = await scene.events(table);
  expect(kindsOf(events).toSorted()).toEqual([
    'row_deleted 1',
    'row_deleted 2',
    'row_inserted 1',
    'row_inserted 2',
    'row_updated 1',
  ]);
  expect(JSON.stringify(events)).not.toMatch(/first-pin|other-pin|last-pin/);
  expect(JSON.stringify(events.slice(0, 2))).toContain('Rome');
});

it.each([
  ['swapped', ['RENAME pin TO other', 'RENAME city TO pin', 'RENAME other TO city']],
  ['dropped', ['DROP city', 'RENAME pin TO city', 'ADD pin text']],
])('nor in a session that changed rows before another session %s the columns', async (how, changes) => {
  const table = `safe_${how}`;
  await run(`CREATE TABLE ${table} (id int PRIMARY KEY, city text, pin text)`);
  await capture(table, { redact: ['pin'] });
  await withClient(database.url, async (client) => {
    const moveTo = async (city: string) => {
      await client.query(`UPDATE ${table} SET city = '${city}' WHERE id = 1`);
      await client.query(`UPDATE ${table} SET city = '${city} again'`);
    };
    await client.query(`INSERT INTO ${table} VALUES (1, 'Rome', 'first-pin'), (2, 'Oslo', 'other-pin')`);
    await moveTo('Bern');
    for (const change of changes) await run(`ALTER TABLE ${table} ${change}`);
    await moveTo('last-pin');
  });
  const events = await scene.events(table);
  expect(events).toHaveLength(8);
  expect(JSON.stringify(events)).not.toMatch(/first-pin|other-pin|last-pin/);
  expect(JSON.stringify(events.slice(0, 5))).toContain('Bern again');
});

it('a transaction that is older than new names of columns shows no redacted column under the name of another: it is to be tried again', async () => {
  await run('CREATE TABLE vault (id int PRIMARY KEY, city text, pin text)');
  await capture('vault', { redact: ['pin'] });
  await run(`INSERT INTO vault VALUES (1, 'Rome', 'first-pin')`);
  await withClient(database.url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM audit_row_salt');
    for (const change of ['pin TO other', 'city TO pin', 'other TO city'])
      await run(`ALTER TABLE vault RENAME ${change}`);
    await expect(client.query(`UPDATE vault SET pin = 'Oslo'`)).rejects.toMatchObject({ code: '40001' });
  });
  expect(JSON.stringify(await scene.events('vault'))).not.toContain('first-pin');
});

it('a column that was added after a transaction began is captured in the transactions that follow', async () => {
  await run('CREATE TABLE depot (id int PRIMARY KEY, city text)');
  await capture('depot');
  await run(`INSERT INTO depot VALUES (1, 'Rome'), (2, 'Oslo')`);
  await withClient(database.url, async (client) => {
    await client.query(`UPDATE depot SET city = 'Bern' WHERE id = 1`);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM audit_row_salt');
    await run('ALTER TABLE depot ADD COLUMN zone text');
    await client.query(`UPDATE depot SET city = 'Lima' WHERE id = 1; COMMIT`);
    await client.query(`UPDATE depot SET zone = 'one' WHERE id = 1`);
    await client.query(`UPDATE depot SET zone = 'all'`);
  });
  const updated = (await scene.events('depot')).filter(({ type }) => type === 'row_updated');
  const columns = updated.map(({ changes }) => Object.keys(changes?.after ?? {}).toSorted());
  const [old, now] = [
    ['city', 'id'],
    ['city', 'id', 'zone'],
  ];
  expect(columns).toEqual([old, old, now, now, now]);
});

it('an ignored column stays ignored under the name of another, whose changes are told', async () => {
  await run('CREATE TABLE stay (id int PRIMARY KEY, city text, seen text)');
  await capture('stay', { ignore: ['seen'] });
  await withClient(database.url, async (client) => {
    await client.query(`INSERT INTO stay VALUES (1, 'Rome', 'first-seen')`);
    for (const change of ['seen TO other', 'city TO seen', 'other TO city'])
      await client.query(`ALTER TABLE stay RENAME ${change}`);
    await client.query(`UPDATE stay SET city = 'last-seen'`);
    await client.query(`UPDATE stay SET seen = 'Oslo'`);
  });
  const events = await scene.events('stay');
  expect(kindsOf(events)).toEqual(['row_inserted 1', 'row_updated 1']);
  expect(events.at(-1)?.changes?.after).toEqual({ id: 1, seen: expect.stringMatching(/^sha256:/) });
  const { findings } = await reconcileLedger({ database: database.url, tables: ['stay'] });
  expect(findings).toEqual([]);
});

describe('tables', () => {
  it('with partitions are captured whether a statement names them or a partition, also where a row moves', async () => {
    await run('CREATE TABLE metric (id int, year int, n int, PRIMARY KEY (id, year)) PARTITION BY LIST (year)');
    await run('CREATE TABLE metric_1 PARTITION OF metric FOR VALUES IN (1)');
    await run('CREATE TABLE metric_2 (n int, year int NOT NULL, id int NOT NULL)'); // another order of columns
    await run('ALTER TABLE metric ATTACH PARTITION metric_2 FOR VALUES IN (2)');
    await capture('metric');
    await run('INSERT INTO metric VALUES (1, 1, 0)');
    await run('UPDATE metric_1 SET n = 1');
    await run('UPDATE metric SET year = 2');
    await run('CREATE TABLE metric_3 PARTITION OF metric FOR VALUES IN (3)');
    await run('INSERT INTO metric VALUES (3, 3, 0)');
    await run('DELETE FROM metric_2');
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

  it('with a partition that refuses rows that move there tell that those are gone', async () => {
    await run('CREATE TABLE parcel (id int, year int, PRIMARY KEY (id, year)) PARTITION BY LIST (year)');
    await run('CREATE TABLE parcel_1 PARTITION OF parcel FOR VALUES IN (1)');
    await run('CREATE TABLE parcel_2 PARTITION OF parcel FOR VALUES IN (2)');
    await run(`CREATE FUNCTION refuse_parcel() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.id < 3 THEN RETURN NULL; END IF; RETURN NEW; END $$`);
    await run('CREATE TRIGGER refuse BEFORE INSERT ON parcel_2 FOR EACH ROW EXECUTE FUNCTION refuse_parcel()');
    await capture('parcel');
    await run('INSERT INTO parcel VALUES (1, 1), (2, 1), (3, 1)');
    await run('UPDATE parcel SET year = 2 WHERE id = 1');
    await run('UPDATE parcel SET year = 2');
    const events = await scene.events('parcel');
    expect(kindsOf(events).slice(3)).toEqual([
      'row_deleted 1,1',
      'row_deleted 2,1',
      'row_deleted 3,1',
      'row_inserted 3,2',
    ]);
  });

  it('that inherit are captured with their own columns', async () => {
    await run('CREATE TABLE animal (id int PRIMARY KEY, name text)');
    await run('CREATE TABLE dog (breed text, PRIMARY KEY (id)) INHERITS (animal)');
    await capture('animal');
    await run(`INSERT INTO dog VALUES (1, 'Rex', 'poodle')`);
    await run(`UPDATE animal SET name = 'Max'`);
    const [inserted, updated] = await scene.events('animal');
    expect(inserted).toMatchObject({ details: { partition: 'public.dog' }, changes: { after: { name: 'Rex' } } });
    expect(updated).toMatchObject({ changes: { diff: [{ path: '/name', from: 'Rex', to: 'Max' }] } });
  });

  it('cannot be truncated, unless their rules record that with the number of rows', async () => {
    await run('CREATE TABLE kept (id int PRIMARY KEY)');
    await run('CREATE TABLE emptied (id int PRIMARY KEY)');
    await capture('kept');
    await capture('emptied', { truncate: 'record' });
    await run('INSERT INTO emptied VALUES (1), (2)');
    expect(await codeOf('TRUNCATE kept')).toBe('55000');
    await run('TRUNCATE emptied');
    const events = await scene.events('emptied');
    expect(events.at(-1)).toMatchObject({
      type: 'table_truncated',
      severity: 'warning',
      details: { rowCount: 2, operation: 'TRUNCATE' },
    });
  });

  it('lose the images that stand apart when the event is erased', async () => {
    await run('CREATE TABLE erased (id int PRIMARY KEY, name text)');
    await capture('erased');
    await run(`INSERT INTO erased SELECT n, 'Ada' FROM generate_series(1, 1001) n`);
    const [first, second] = await scene.events('erased');
    await database.superuserSql('SELECT audit_erase($1)', [[first?.id]]);
    const left = await database.superuserSql('SELECT event_id FROM audit_row_image WHERE event_id = ANY ($1)', [
      [first?.id, second?.id],
    ]);
    expect(left).toEqual([{ event_id: second?.id }]);
  });

  it('fail the statement whose change cannot be captured, unless their rules let it pass and count it', async () => {
    await run('CREATE TABLE strict (id int PRIMARY KEY)');
    await run('CREATE TABLE lenient (id int PRIMARY KEY)');
    await capture('strict');
    await capture('lenient', { onCaptureFailure: 'pass' });
    await run(`ALTER TABLE audit_row_change ADD CONSTRAINT refusing CHECK (operation <> 'INSERT') NOT VALID`);
    expect(await codeOf('INSERT INTO strict VALUES (1)')).toBe('23514');
    expect(await codeOf('INSERT INTO lenient VALUES (1)')).toBeUndefined();
    await run('ALTER TABLE audit_row_change DROP CONSTRAINT refusing');
    await scene.events('lenient');
    const failed = await database.superuserSql(
      `SELECT details->>'table' AS table_name, details->>'sqlState' AS state FROM audit_event WHERE type LIKE 'audit_row_capture%'`,
    );
    expect(failed).toEqual([{ table_name: 'lenient', state: '23514' }]);
  });
});

describe('statements', () => {
  it('of a session that switches triggers off are captured all the same', async () => {
    await run('CREATE TABLE replica (id int PRIMARY KEY)');
    await capture('replica');
    await database.superuserSql('SET session_replication_role = replica; INSERT INTO replica VALUES (1)');
    expect(await scene.events('replica')).toMatchObject([
      {
        type: 'row_changed_externally',
        actor: { type: 'service', id: 'postgres' },
        details: { operation: 'INSERT', pid: expect.any(Number) },
      },
    ]);
  });

  it('of rows in turn by two transactions come in the order of their commits', async () => {
    await run('CREATE TABLE turn (id int PRIMARY KEY, n int)');
    await capture('turn');
    await run('INSERT INTO turn VALUES (1, 0), (2, 0)');
    await withClient(database.url, async (one) =>
      withClient(database.url, async (two) => {
        await one.query('BEGIN');
        await one.query('UPDATE turn SET n = 1 WHERE id = 2');
        await two.query('UPDATE turn SET n = 2 WHERE id = 1');
        await one.query('UPDATE turn SET n = 3 WHERE id = 1');
        await one.query('COMMIT');
      }),
    );
    const events = await scene.events('turn');
    expect(
      events.flatMap(({ resource, changes }) => (resource?.id === '1' ? [(changes?.after as { n: number }).n] : [])),
    ).toEqual([0, 2, 3]);
    expect(kindsOf(events)).toHaveLength(5);
  });
});
