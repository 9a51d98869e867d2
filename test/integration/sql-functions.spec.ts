import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { addEventsAt } from '../support/retention-scene.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { eventually } from '../support/eventually.js';

/** What each function of the migrations does. A function without a `describeFunction` of its name fails the last test. */
const described = new Set<string>();
function describeFunction(name: string, tests: () => void): void {
  described.add(name);
  describe(name, tests);
}

const DAY_MS = 86_400_000;
const ACCEPTED = '2026-01-10T12:00:00.000Z';
const RULES = { days: 30 };
const FULL_OF_ZEROS = Buffer.alloc(32);

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
  for (const month of ['2026-01-01', '2026-02-01'])
    await client.query('SELECT audit_event_make_partition($1)', [month]);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});
beforeEach(() => client.query('BEGIN'));
afterEach(() => client.query('ROLLBACK'));

type Row = Readonly<Record<string, unknown>>;

async function rows(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
  return (await client.query<Row>(text, [...values])).rows;
}

/** The only column of the only row. */
async function one(text: string, values: readonly unknown[] = []): Promise<unknown> {
  const [row = {}] = await rows(text, values);
  return Object.values(row)[0];
}

/** What a statement fails with; what was before it stays. */
async function failure(text: string, values: readonly unknown[] = []): Promise<string> {
  await client.query('SAVEPOINT tried');
  try {
    await client.query(text, [...values]);
    return 'it did not fail';
  } catch (error) {
    return error instanceof pg.DatabaseError ? `${error.code}: ${error.message}` : String(error);
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT tried');
  }
}

/** A row of `audit_event` that is stored nowhere. */
const EVENT = 'jsonb_populate_record(NULL::audit_event, $1::jsonb)';
const eventRow = (fields: Row = {}): string =>
  JSON.stringify({ category: 'order', type: 'order_created', tenant_id: 'acme', metadata: {}, ...fields });

const at = (time: string, offsetMs: number): string => new Date(Date.parse(time) + offsetMs).toISOString();
const dueAt = (days: number, offsetMs = 0): string => at(ACCEPTED, days * DAY_MS + offsetMs);

async function hold(columns: Row): Promise<string> {
  const id = uuidv7();
  const given = Object.entries({ id, placed_by: 'counsel', reason: 'lawsuit', ...columns });
  const names = given.map(([name]) => name).join(', ');
  const places = given.map((_, nth) => `$${nth + 1}`).join(', ');
  await client.query(
    `INSERT INTO audit_legal_hold (${names}) VALUES (${places})`,
    given.map(([, value]) => value),
  );
  return id;
}

/** Places all stored events in the log in their order, of which a checkpoint covers the first `signed`. */
async function seal(signed?: number): Promise<void> {
  await client.query(`
    INSERT INTO audit_leaf (index, event_id, leaf_hash)
    SELECT (SELECT count(*) FROM audit_leaf) + row_number() OVER (ORDER BY id) - 1, id, leaf_hash FROM audit_event
     WHERE id NOT IN (SELECT event_id FROM audit_leaf)`);
  await client.query('DELETE FROM audit_unsequenced');
  const size = signed ?? Number(await one('SELECT count(*) FROM audit_leaf'));
  if (size > 0) {
    await client.query('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [
      size,
      FULL_OF_ZEROS,
      'note',
    ]);
  }
}

interface PlanOptions {
  readonly rules?: object;
  readonly asOf?: string;
  readonly month?: string;
  readonly most?: number;
}

async function plan({
  rules = RULES,
  asOf = dueAt(60),
  month = 'audit_event_2026_01',
  most = 1_000,
}: PlanOptions = {}) {
  const id = uuidv7();
  const args = [id, month, JSON.stringify(rules), asOf, most];
  return { id, isPlanned: await one('SELECT audit_retirement_plan($1, $2, $3, $4, $5)', args) };
}

/** The entry that announces a planned retirement, as the log has it. */
async function announcementOf(retirement: string, eventId: string): Promise<Buffer> {
  const [row = {}] = await rows(
    `SELECT events::int, indexes_digest AS digest, policy,
            to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS cutoff
       FROM audit_retirement WHERE id = $1`,
    [retirement],
  );
  const { events, digest, policy, cutoff } = row;
  const details = { retirementId: retirement, events, indexesDigest: digest, policy, cutoff };
  return Buffer.from(JSON.stringify({ id: eventId, type: 'audit_events_retired', details }));
}

/** Plans, archives and announces a retirement of what is stored; with the announcement in the log, covered by a checkpoint. */
async function announce(options: PlanOptions = {}): Promise<string> {
  const { id } = await plan(options);
  const eventId = uuidv7();
  const entry = await announcementOf(id, eventId);
  expect(await one('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry])).toBe(true);
  await placeAnnouncement(eventId, entry, true);
  expect(await one('SELECT audit_retirement_announced($1)', [id])).toBe(true);
  return id;
}

async function placeAnnouncement(eventId: string, entry: Buffer, isCovered: boolean): Promise<void> {
  const [leaf = {}] = await rows(
    `INSERT INTO audit_leaf (index, event_id, leaf_hash)
     SELECT count(*), $1, sha256('\\x00'::bytea || $2::bytea) FROM audit_leaf RETURNING index::int`,
    [eventId, entry],
  );
  if (isCovered) await cover(Number(leaf.index) + 1);
}

const cover = (size: number) =>
  client.query('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [size, FULL_OF_ZEROS, 'note']);

const storedIds = async (): Promise<unknown[]> =>
  (await rows('SELECT id FROM audit_event ORDER BY id')).map(({ id }) => id);
const stateOf = (retirement: string) => one('SELECT state FROM audit_retirement WHERE id = $1', [retirement]);

describeFunction('audit_days', () => {
  it.each([
    [null, null],
    ['1', 1],
    ['36500', 36_500],
    ['36501', 2_147_483_647],
    ['0', 2_147_483_647],
    ['-1', 2_147_483_647],
  ])('takes %p for %p: what is no number of days keeps for ever', async (days, expected) => {
    expect(await one('SELECT audit_days($1)', [days])).toBe(expected);
  });
});

describeFunction('audit_retention_days', () => {
  const days = (rules: object, fields: Row = {}) =>
    one(`SELECT audit_retention_days(${EVENT}, $2)`, [eventRow(fields), JSON.stringify(rules)]);

  it('is the longest of what the default, the category, the type, the tenant and the event itself say', async () => {
    expect(await days({ days: 30 })).toBe(30);
    expect(await days({ days: 30, categories: { order: 40, payment: 400 } })).toBe(40);
    expect(await days({ days: 30, eventTypes: { order_created: 50, order_paid: 500 } })).toBe(50);
    expect(await days({ days: 30, tenants: { acme: 60, other: 600 } })).toBe(60);
    expect(await days({ days: 30, categories: { order: 20 } })).toBe(30);
    expect(await days({ days: 30, tenants: { acme: 60 } }, { metadata: { retentionDays: 70 } })).toBe(70);
  });

  it('rounds what an event says up, and takes no number below that of the rules', async () => {
    expect(await days(RULES, { metadata: { retentionDays: 30.1 } })).toBe(31);
    expect(await days(RULES, { metadata: { retentionDays: 29.5 } })).toBe(30);
    expect(await days(RULES, { metadata: { retentionDays: 1 } })).toBe(30);
    expect(await days(RULES, { metadata: { retentionDays: '400' } })).toBe(30);
    expect(await days(RULES, { metadata: { retentionDays: 1e300 } })).toBe(2_147_483_647);
    expect(await days(RULES, { metadata: { retentionDays: 0 } })).toBe(2_147_483_647);
  });
});

describeFunction('audit_is_due', () => {
  const isDue = async (asOf: string, rules: object = RULES, fields: Row = {}): Promise<unknown> => {
    const id = await one('SELECT audit_event_first_id($1)', [ACCEPTED]);
    return one(`SELECT audit_is_due(${EVENT}, $2, $3)`, [eventRow({ id, ...fields }), JSON.stringify(rules), asOf]);
  };

  it.each([1, 30, 90, 365])(
    'is true a millisecond after %d days, and not at the end of the last of them',
    async (days) => {
      expect(await isDue(dueAt(days, -DAY_MS), { days })).toBe(false);
      expect(await isDue(dueAt(days, -1), { days })).toBe(false);
      expect(await isDue(dueAt(days), { days })).toBe(false);
      expect(await isDue(dueAt(days, 1), { days })).toBe(true);
    },
  );

  it('counts days of 24 hours, whatever the time zone of the session', async () => {
    await client.query(`SET LOCAL timezone = 'Europe/Berlin'`);
    const days = 100; // across the change to summer time
    expect([await isDue(dueAt(days), { days }), await isDue(dueAt(days, 1), { days })]).toEqual([false, true]);
  });

  it('goes by the days of the event itself, and is never true for what is kept for ever', async () => {
    expect(await isDue(dueAt(45), RULES, { metadata: { retentionDays: 60 } })).toBe(false);
    expect(await isDue(dueAt(60, 1), RULES, { metadata: { retentionDays: 60 } })).toBe(true);
    expect(await isDue('2199-01-01T00:00:00Z', { days: 0 })).toBe(false);
    expect(await isDue('2199-01-01T00:00:00Z', { days: 30, categories: { order: 36_501 } })).toBe(false);
  });
});

describeFunction('audit_event_first_id', () => {
  it('is the smallest id of its millisecond', async () => {
    expect(await one(`SELECT audit_event_first_id('1970-01-01T00:00:00.001Z')`)).toBe(
      '00000000-0001-7000-8000-000000000000',
    );
    expect(await one(`SELECT audit_event_first_id('2026-01-10T12:00:00.0019Z')`)).toBe(
      await one(`SELECT audit_event_first_id('2026-01-10T12:00:00.001Z')`),
    );
    expect(await one('SELECT audit_event_first_id(NULL)')).toBeNull();
  });
});

describeFunction('audit_hold_covers', () => {
  const event = {
    tenant_id: 'acme',
    actor_id: 'u-1',
    on_behalf_of: { type: 'user', id: 'u-2' },
    resource_type: 'order',
    resource_id: 'o-1',
    occurred_at: ACCEPTED,
  };
  const covers = async (columns: Row, fields: Row = {}): Promise<unknown> => {
    const id = await hold(columns);
    const sql = `SELECT audit_hold_covers(hold, ${EVENT}) FROM audit_legal_hold hold WHERE id = $2`;
    return one(sql, [eventRow({ ...event, ...fields }), id]);
  };

  it.each<[string, Row, boolean]>([
    ['its tenant', { tenant_id: 'acme' }, true],
    ['another tenant', { tenant_id: 'other' }, false],
    ['its actor', { actor_id: 'u-1' }, true],
    ['who it was done on behalf of', { actor_id: 'u-2' }, true],
    ['another actor', { actor_id: 'u-3' }, false],
    ['the type of its resource', { resource_type: 'order' }, true],
    ['another type', { resource_type: 'user' }, false],
    ['its resource', { resource_type: 'order', resource_id: 'o-1' }, true],
    ['another resource', { resource_type: 'order', resource_id: 'o-2' }, false],
    ['the time from its own on', { occurred_from: ACCEPTED }, true],
    ['the time from a millisecond later on', { occurred_from: at(ACCEPTED, 1) }, false],
    ['the time until a millisecond later', { occurred_to: at(ACCEPTED, 1) }, true],
    ['the time until its own', { occurred_to: ACCEPTED }, false],
    ['its tenant and another actor', { tenant_id: 'acme', actor_id: 'u-3' }, false],
    ['its tenant, with an end to come', { tenant_id: 'acme', until: '2199-01-01Z' }, true],
    ['its tenant, with an end that is over', { tenant_id: 'acme', until: '2026-01-01Z' }, false],
    ['its tenant, and is released', { tenant_id: 'acme', released_at: '2026-01-01Z' }, false],
  ])('of a hold that names %s', async (_what, columns, expected) => {
    expect(await covers(columns)).toBe(expected);
  });

  it('does not cover what has nothing where the hold names something', async () => {
    expect(await covers({ actor_id: 'u-2' }, { actor_id: null, on_behalf_of: null })).not.toBe(true);
    expect(await covers({ tenant_id: 'acme' }, { tenant_id: null })).not.toBe(true);
  });
});

describeFunction('audit_is_held', () => {
  it('is true while any hold covers the event', async () => {
    const isHeld = () => one(`SELECT audit_is_held(${EVENT})`, [eventRow()]);
    expect(await isHeld()).toBe(false);
    await hold({ tenant_id: 'other' });
    expect(await isHeld()).toBe(false);
    const id = await hold({ tenant_id: 'acme' });
    expect(await isHeld()).toBe(true);
    await client.query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [id]);
    expect(await isHeld()).toBe(false);
  });
});

describeFunction('audit_partition_bounds', () => {
  it.each([
    ['audit_event_2026_02', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['audit_event_2025_12', '2025-12-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ])('of %s are the ids of its month', async (partition, from, to) => {
    await client.query(`SET LOCAL timezone = 'Pacific/Kiritimati'`);
    const [bounds] = await rows('SELECT * FROM audit_partition_bounds($1)', [partition]);
    expect(bounds).toEqual({
      lower_id: await one('SELECT audit_event_first_id($1)', [from]),
      upper_id: await one('SELECT audit_event_first_id($1)', [to]),
      ends: new Date(to),
    });
  });

  it('of the first and the last one have no end', async () => {
    const [first] = await rows(`SELECT * FROM audit_partition_bounds('audit_event_before_2020')`);
    expect(first).toMatchObject({ lower_id: '00000000-0000-0000-0000-000000000000', ends: new Date('2020-01-01Z') });
    const [last] = await rows(`SELECT * FROM audit_partition_bounds('audit_event_from_2100')`);
    expect(last).toMatchObject({ upper_id: 'ffffffff-ffff-ffff-ffff-ffffffffffff', ends: Infinity });
  });
});

describeFunction('audit_event_make_partition', () => {
  const make = (moment: string) => one('SELECT audit_event_make_partition($1)', [moment]);

  it('makes the month of a moment once, in UTC', async () => {
    await client.query(`SET LOCAL timezone = 'Pacific/Kiritimati'`);
    expect(await make('2031-05-31T23:59:59.999Z')).toBe('audit_event_2031_05');
    expect(await make('2031-05-01T00:00:00Z')).toBeNull();
    expect(await make('2031-06-01T00:00:00Z')).toBe('audit_event_2031_06');
    expect([await make('2019-12-31T23:59:59Z'), await make('1971-01-01Z')]).toEqual(['audit_event_before_2020', null]);
    expect([await make('2100-01-01T00:00:00Z'), await make('9000-01-01Z')]).toEqual(['audit_event_from_2100', null]);
  });

  it('makes it append-only, and no right of anybody else', async () => {
    await make('2031-05-01Z');
    const [id] = await addEventsAt(client, '2031-05-10T12:00:00.000Z', 1);
    for (const change of ['DELETE FROM', 'TRUNCATE', `UPDATE`]) {
      const set = change === 'UPDATE' ? ` SET reason = 'x'` : '';
      expect(await failure(`${change} audit_event_2031_05${set}`)).toMatch(/^42501: .*append-only/);
    }
    expect(await storedIds()).toEqual([id]);
    for (const role of ['audit_reader', 'audit_writer', 'audit_keeper']) {
      const privileges = 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE';
      expect(await one(`SELECT has_table_privilege($1, 'audit_event_2031_05', $2)`, [role, privileges])).toBe(false);
    }
  });
});

describeFunction('audit_event_append', () => {
  it('stores the rows of a batch, each once', async () => {
    const [id] = await addEventsAt(client, ACCEPTED, 1);
    const batch = await one('SELECT jsonb_agg(to_jsonb(e)) FROM audit_event e');
    const [row = {}] = batch as Row[]; // an array of rows, as made above
    const another = { ...row, id: uuidv7() };
    await client.query('SELECT audit_event_make_partition(now())');
    expect(await rows('SELECT * FROM audit_event_append($1)', [JSON.stringify([row, another, another])])).toEqual([]);
    expect(await storedIds()).toEqual([id, another.id]);
  });

  it('says what is wrong instead of failing the transaction, and stores nothing of the batch', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    const [row = {}] = (await one('SELECT jsonb_agg(to_jsonb(e)) FROM audit_event e')) as Row[]; // as above
    await client.query('SELECT audit_event_make_partition(now())');
    const batch = [
      { ...row, id: uuidv7() },
      { ...row, id: uuidv7(), outcome: 'perhaps' },
    ];
    expect(await rows('SELECT * FROM audit_event_append($1)', [JSON.stringify(batch)])).toMatchObject([
      { code: '23514', constraint: 'audit_event_outcome_check' },
    ]);
    const nameless = [{ ...row, id: uuidv7(), type: null }];
    expect(await rows('SELECT * FROM audit_event_append($1)', [JSON.stringify(nameless)])).toMatchObject([
      { code: '23502', column: 'type' },
    ]);
    expect(await storedIds()).toHaveLength(1);
  });
});

describeFunction('audit_event_enqueue', () => {
  it('puts what a statement stored into the queue, in the order of the ids, and nothing for a replay', async () => {
    const ids = await addEventsAt(client, ACCEPTED, 3);
    const queue = () => rows('SELECT event_ids, leaf_hashes FROM audit_unsequenced');
    const hashes = await one('SELECT array_agg(leaf_hash ORDER BY id) FROM audit_event');
    expect(await queue()).toEqual([{ event_ids: ids, leaf_hashes: hashes }]);
    await client.query('INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT DO NOTHING');
    expect(await queue()).toHaveLength(1);
  });
});

describeFunction('audit_event_refuse_change', () => {
  it('refuses every change to a stored event', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    const before = await rows('SELECT * FROM audit_event');
    for (const change of ['DELETE FROM audit_event', 'TRUNCATE audit_event', 'UPDATE audit_event SET id = id']) {
      expect(await failure(change)).toMatch(/^42501: Cannot \w+ the audit ledger: it is append-only\.$/);
    }
    expect(await rows('SELECT * FROM audit_event')).toEqual(before);
  });

  it('refuses to change any column but the personal ones, also to who says that it is an erasure', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    const columns = await rows(`
      SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
       WHERE attrelid = 'audit_event'::regclass AND attnum > 0 AND NOT attisdropped`);
    const personal = ['personal', 'personal_salt', 'actor_name', 'ip', 'user_agent'];
    expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining(personal));
    await client.query(`SET LOCAL audit.act = 'erase'`);
    const erase = personal.map((name) => `${name} = NULL`).join(', ');
    for (const { name, type } of columns) {
      if (personal.includes(String(name))) continue;
      const other = OTHER_VALUES[String(type)] ?? `fail: a value of ${String(type)}`;
      const alone = `UPDATE audit_event SET "${String(name)}" = ${other}`;
      expect(`${String(name)} ${await failure(alone)}`).toContain(`${String(name)} 42501: `);
      expect(`${String(name)} ${await failure(`${alone}, ${erase}`)}`).toContain(`${String(name)} 42501: `);
    }
    for (const name of personal) {
      const type = columns.find((column) => column.name === name)?.type;
      const put = `UPDATE audit_event SET "${name}" = ${OTHER_VALUES[String(type)] ?? 'fail'}`;
      expect(await failure(put)).toContain('42501: ');
    }
  });
});

/** A value that no sample event has, by the type of the column. */
const OTHER_VALUES: Readonly<Record<string, string>> = {
  uuid: `'01900000-0000-7000-8000-000000000000'`,
  smallint: '7',
  'timestamp with time zone': `'2001-01-01Z'`,
  text: `'admin'`,
  jsonb: `'{"forged": 1}'`,
  inet: `'192.0.2.1'`,
  'double precision': '7.5',
  boolean: 'true',
  bytea: `decode(repeat('ab', 16), 'hex')`,
};

describeFunction('audit_log_refuse_change', () => {
  it('refuses every change to leaves, checkpoints, cosignatures, signing keys and acts', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    await seal();
    const columns: Partial<Record<string, string>> = {
      audit_signing_key: 'verifier_key',
      audit_leaf: 'index',
      audit_act: 'event_id',
    };
    for (const table of ['audit_leaf', 'audit_checkpoint', 'audit_cosignature', 'audit_signing_key', 'audit_act']) {
      const column = columns[table] ?? 'size';
      for (const change of [`DELETE FROM ${table}`, `TRUNCATE ${table}`, `UPDATE ${table} SET ${column} = ${column}`]) {
        expect(await failure(change)).toMatch(new RegExp(`^42501: Cannot \\w+ the table ${table}: it is append-only`));
      }
    }
  });
});

describeFunction('audit_events_of', () => {
  const FIRST = '00000000-0000-0000-0000-000000000000';
  const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  const eventsOf = (subject: string, after = FIRST, until = LAST, most = 100) =>
    rows('SELECT * FROM audit_events_of($1, $2, $3, $4)', [subject, after, until, most]);

  it('finds what a person did, what was done on behalf of them, and to them, each once', async () => {
    const [own] = await addEventsAt(client, ACCEPTED, 1, { actor: { type: 'user', id: 'p' } });
    const onBehalfOf = { type: 'user', id: 'p' } as const;
    const [behalf] = await addEventsAt(client, ACCEPTED, 1, { actor: { type: 'admin', id: 'a', onBehalfOf } });
    const [resource] = await addEventsAt(client, ACCEPTED, 1, {
      actor: { type: 'admin', id: 'a' },
      resource: { type: 'user', id: 'p' },
    });
    const [both] = await addEventsAt(client, ACCEPTED, 1, {
      actor: { type: 'user', id: 'p', onBehalfOf },
      resource: { type: 'user', id: 'p' },
    });
    await addEventsAt(client, ACCEPTED, 1, { resource: { type: 'order', id: 'p' } });
    await addEventsAt(client, ACCEPTED, 1, { type: 'audit_subject_erased', resource: { type: 'user', id: 'p' } });
    const found = (await eventsOf('p')).map(({ id, relation }) => [id, relation]);
    expect(found).toEqual([
      [own, 'actor'],
      [behalf, 'onBehalfOf'],
      [resource, 'resource'],
      [both, 'actor'],
    ]);
    expect((await eventsOf('p', own, both)).map(({ id }) => id)).toEqual([behalf, resource]);
    expect((await eventsOf('p', FIRST, LAST, 2)).map(({ id }) => id)).toEqual([own, behalf]);
  });

  it('says which are held and which have a personal part', async () => {
    const actor = { type: 'user', id: 'p-1', name: 'Ada' } as const; // of an id's shape, which an erasure leaves
    await addEventsAt(client, ACCEPTED, 1, { actor, tenantId: 'held' });
    const [free] = await addEventsAt(client, ACCEPTED, 1, { actor });
    await hold({ tenant_id: 'held' });
    await client.query('SELECT audit_erase($1)', [[free]]);
    expect(await eventsOf('p-1')).toMatchObject([
      { is_held: true, is_personal: true },
      { is_held: false, is_personal: false },
    ]);
  });
});

describeFunction('audit_events_naming', () => {
  const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  const naming = (needles: readonly string[], after: string | undefined, most = 100) =>
    rows('SELECT * FROM audit_events_naming($1, $2, $3, $4)', [needles, after, LAST, most]);

  it('finds the events that have one of the texts anywhere, and the last one that it looked at', async () => {
    const name = 'Zoë Needle';
    const [named] = await addEventsAt(client, ACCEPTED, 1, { actor: { type: 'user', id: 'x', name } });
    const [told] = await addEventsAt(client, ACCEPTED, 1, { details: { told: `by zoë needle` } });
    await addEventsAt(client, ACCEPTED, 1);
    const [last] = await addEventsAt(client, ACCEPTED, 1);
    const first = '00000000-0000-0000-0000-000000000000';
    expect((await naming([name], first)).map(({ id }) => id)).toEqual([named, told, last]);
    expect((await naming([name], first, 1)).map(({ id }) => id)).toEqual([named]);
    expect((await naming([name], named)).map(({ id }) => id)).toEqual([told, last]);
    await hold({ actor_id: 'x' });
    expect(await naming([name], first, 1)).toMatchObject([{ id: named, is_held: true }]);
  });
});

describeFunction('audit_erase', () => {
  const PERSONAL = 'num_nonnulls(personal, personal_salt, actor_name, ip, user_agent)';
  const erase = async (ids: readonly string[]) =>
    (await rows('SELECT audit_erase($1) AS id', [ids])).map(({ id }) => id);

  it('takes the personal part of the events that it is given, and of no other', async () => {
    const [erased = '', other] = await addEventsAt(client, ACCEPTED, 2);
    const before = await rows(
      'SELECT id, personal_commitment, leaf_hash, type, details, metadata FROM audit_event ORDER BY id',
    );
    expect(await erase([erased])).toEqual([erased]);
    expect(await erase([erased])).toEqual([]);
    expect(await rows(`SELECT id, ${PERSONAL} = 0 AS gone FROM audit_event ORDER BY id`)).toEqual([
      { id: erased, gone: true },
      { id: other, gone: false },
    ]);
    expect(
      await rows('SELECT id, personal_commitment, leaf_hash, type, details, metadata FROM audit_event ORDER BY id'),
    ).toEqual(before);
  });

  it('leaves what is held, also by who it was done on behalf of', async () => {
    const [id = ''] = await addEventsAt(client, ACCEPTED, 1); // on behalf of u-2
    await hold({ actor_id: 'u-2' });
    expect(await erase([id])).toEqual([]);
    expect(await one(`SELECT ${PERSONAL} FROM audit_event`)).toBeGreaterThan(0);
  });

  it('leaves no way to change an event after it, in the same transaction', async () => {
    const [id = '', other] = await addEventsAt(client, ACCEPTED, 2);
    await erase([id]);
    const erasing = 'personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL';
    expect(await failure(`UPDATE audit_event SET ${erasing} WHERE id = $1`, [other])).toContain('42501');
  });
});

describeFunction('audit_retention_survey', () => {
  const survey = (rules: object, asOf: string, month?: string) =>
    rows(
      `SELECT partition, is_over, events::int, due::int, held::int, unsealed::int
         FROM audit_retention_survey($1, $2, $3)`,
      [JSON.stringify(rules), asOf, month ?? null],
    );

  it('counts what is due of each month, what of it is held, and what no checkpoint covers', async () => {
    await addEventsAt(client, ACCEPTED, 2);
    await addEventsAt(client, ACCEPTED, 1, { tenantId: 'held' });
    await addEventsAt(client, ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await seal(2);
    await hold({ tenant_id: 'held' });
    const january = { partition: 'audit_event_2026_01', events: 4, due: 3, held: 1, unsealed: 0 };
    expect(await survey(RULES, dueAt(30, 1))).toEqual([{ ...january, is_over: false }]);
    await addEventsAt(client, ACCEPTED, 1);
    expect(await survey(RULES, dueAt(30, 1))).toMatchObject([{ events: 5, due: 4, held: 1, unsealed: 1 }]);
    expect(await survey(RULES, dueAt(30))).toMatchObject([{ due: 0 }]);
    expect(await survey(RULES, '2026-03-02T23:59:59.999Z', january.partition)).toMatchObject([{ is_over: false }]);
    expect(await survey(RULES, '2026-03-03T00:00:00.000Z', january.partition)).toMatchObject([{ is_over: true }]);
    expect(await survey(RULES, '2026-12-01Z', 'audit_event_2026_02')).toMatchObject([{ events: 0 }]);
  });

  it('finds nothing where everything is kept for ever', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    expect(await survey({ days: 0 }, '2199-01-01Z')).toEqual([]);
  });
});

describeFunction('audit_retirement_plan', () => {
  const rangesOf = (id: string) =>
    rows(
      'SELECT first_index::int AS first, last_index::int AS last FROM audit_retired_range WHERE retirement_id = $1 ORDER BY 1',
      [id],
    );
  const planOf = async (id: string) =>
    (
      await rows(
        'SELECT kind, events::int, first_index::int AS first, last_index::int AS last FROM audit_retirement WHERE id = $1',
        [id],
      )
    )[0];

  it('is of the whole month when all of it is due, sealed and held by nobody', async () => {
    await addEventsAt(client, ACCEPTED, 3);
    await seal();
    const { id, isPlanned } = await plan({ most: 2 });
    expect([isPlanned, await planOf(id)]).toEqual([true, { kind: 'month', events: 3, first: 0, last: 2 }]);
    expect(await rangesOf(id)).toEqual([{ first: 0, last: 2 }]);
  });

  it('is of rows where all of the month is due and something of it is held, or waits for its place', async () => {
    await addEventsAt(client, ACCEPTED, 3);
    await seal();
    await addEventsAt(client, ACCEPTED, 1);
    const waiting = await plan();
    expect(await planOf(waiting.id)).toEqual({ kind: 'rows', events: 3, first: 0, last: 2 });
    await client.query('SELECT audit_retirement_cancel($1)', [waiting.id]);
    await addEventsAt(client, ACCEPTED, 1, { tenantId: 'held' });
    await seal();
    await hold({ tenant_id: 'held' });
    expect(await planOf((await plan()).id)).toEqual({ kind: 'rows', events: 4, first: 0, last: 3 });
  });

  it('is of the rows that are due, sealed and not held, at most so many', async () => {
    await addEventsAt(client, ACCEPTED, 2);
    await addEventsAt(client, ACCEPTED, 1, { tenantId: 'held' });
    await addEventsAt(client, ACCEPTED, 1);
    await addEventsAt(client, ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await addEventsAt(client, ACCEPTED, 1);
    await seal();
    await addEventsAt(client, ACCEPTED, 1); // unsealed
    await hold({ tenant_id: 'held' });
    const { id } = await plan();
    expect(await planOf(id)).toEqual({ kind: 'rows', events: 4, first: 0, last: 5 });
    expect(await rangesOf(id)).toEqual([
      { first: 0, last: 1 },
      { first: 3, last: 3 },
      { first: 5, last: 5 },
    ]);
    expect((await plan()).isPlanned).toBe(false); // one is open
    await client.query('SELECT audit_retirement_cancel($1)', [id]);
    const few = await plan({ most: 3 });
    expect(await rangesOf(few.id)).toEqual([
      { first: 0, last: 1 },
      { first: 3, last: 3 },
    ]);
  });

  it('is none a millisecond too early, nor for a time to come', async () => {
    await addEventsAt(client, '2026-01-31T12:00:00.000Z', 1);
    await seal();
    const end = '2026-03-02T12:00:00.000Z';
    expect((await plan({ asOf: end })).isPlanned).toBe(false);
    const toCome = `SELECT audit_retirement_plan(gen_random_uuid(), 'audit_event_2026_01', '{"days":1}', clock_timestamp() + interval '1 minute', 10)`;
    expect(await failure(toCome)).toContain('that is yet to come');
    expect((await plan({ asOf: at(end, 1) })).isPlanned).toBe(true);
  });
});

describeFunction('audit_retirement_cancel', () => {
  it('takes back what is planned, and nothing later', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    await seal();
    const { id } = await plan();
    const cancel = (which: string) => one('SELECT audit_retirement_cancel($1)', [which]);
    expect([await cancel(id), await cancel(id), await stateOf(id)]).toEqual([true, false, undefined]);
    const announced = await announce();
    expect([await cancel(announced), await stateOf(announced)]).toEqual([false, 'announced']);
  });
});

describeFunction('audit_retirement_archived', () => {
  it('goes on from the plan once, unless a hold covers one of the events', async () => {
    await addEventsAt(client, ACCEPTED, 2);
    await seal();
    const { id } = await plan();
    const archived = async () =>
      one('SELECT audit_retirement_archived($1, $2, $3)', [id, uuidv7(), Buffer.from('entry')]);
    const holdId = await hold({ actor_id: 'u-2' });
    expect([await archived(), await stateOf(id)]).toEqual([false, 'planned']);
    await client.query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [holdId]);
    expect([await archived(), await stateOf(id), await archived()]).toEqual([true, 'archived', false]);
  });
});

describeFunction('audit_retirement_announced', () => {
  it('waits for a checkpoint that covers the announcement', async () => {
    await addEventsAt(client, ACCEPTED, 2);
    await seal();
    const { id } = await plan();
    const eventId = uuidv7();
    const entry = await announcementOf(id, eventId);
    await client.query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
    const announced = () => one('SELECT audit_retirement_announced($1)', [id]);
    expect(await announced()).toBe(false);
    await placeAnnouncement(eventId, entry, false);
    expect([await announced(), await stateOf(id)]).toEqual([false, 'archived']);
    await cover(3);
    expect([await announced(), await stateOf(id), await announced()]).toEqual([true, 'announced', false]);
  });

  it.each(['events', 'indexesDigest', 'policy', 'cutoff', 'retirementId'])(
    'refuses an announcement that says another %s than was planned',
    async (name) => {
      await addEventsAt(client, ACCEPTED, 2);
      await seal();
      const { id } = await plan();
      const eventId = uuidv7();
      const said = JSON.parse((await announcementOf(id, eventId)).toString()) as { details: Record<string, unknown> }; // as made above
      said.details[name] = name === 'events' ? 1 : 'another';
      const entry = Buffer.from(JSON.stringify(said));
      await client.query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
      await placeAnnouncement(eventId, entry, true);
      expect(await one('SELECT audit_retirement_announced($1)', [id])).toBe(false);
    },
  );

  it('refuses an announcement whose leaf is of other bytes', async () => {
    await addEventsAt(client, ACCEPTED, 2);
    await seal();
    const { id } = await plan();
    const eventId = uuidv7();
    const entry = await announcementOf(id, eventId);
    await client.query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
    await placeAnnouncement(eventId, Buffer.concat([entry, Buffer.from(' ')]), true);
    expect(await one('SELECT audit_retirement_announced($1)', [id])).toBe(false);
  });
});

describeFunction('audit_retirement_open', () => {
  it('finds what is announced, and refuses all else', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    await seal();
    const { id } = await plan();
    const open = (which: string) => failure('SELECT audit_retirement_open($1)', [which]);
    expect(await open(id)).toMatch(/^42501: .* it is planned/);
    expect(await open(uuidv7())).toMatch(/^42501: .* it is unknown/);
    await client.query('SELECT audit_retirement_cancel($1)', [id]);
    expect(await one('SELECT (audit_retirement_open($1)).state', [await announce()])).toBe('announced');
  });

  it('keeps holds from being placed until its transaction ends', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    await seal();
    await client.query('SELECT audit_retirement_open($1)', [await announce()]);
    expect(await locksOfHolds()).toEqual(['ShareLock']);
  });
});

/** A row that is placed takes RowExclusiveLock, which ShareLock keeps waiting. */
async function locksOfHolds(): Promise<unknown[]> {
  const modes = await rows(`
    SELECT mode FROM pg_locks WHERE relation = 'audit_legal_hold'::regclass AND pid = pg_backend_pid() AND mode <> 'AccessShareLock'`);
  return modes.map(({ mode }) => mode);
}

describe('the lock of holds', () => {
  it('is taken by an erasure', async () => {
    await client.query('SELECT audit_erase($1)', [[]]);
    expect(await locksOfHolds()).toEqual(['ShareLock']);
  });

  it('makes who places a hold wait for the erasure under way', async () => {
    await client.query('SELECT audit_erase($1)', [[]]);
    const counsel = new pg.Client({ connectionString: database.superuserUrl, application_name: 'counsel' });
    await counsel.connect();
    try {
      const placed = counsel.query(`
        INSERT INTO audit_legal_hold (id, placed_by, reason, tenant_id)
        VALUES (gen_random_uuid(), 'counsel', 'lawsuit', 'of-nobody')`);
      const waits = () =>
        one(
          `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'counsel' AND wait_event_type = 'Lock'`,
        );
      await eventually(async () => ((await waits()) === 1 ? true : undefined), 10_000);
      await client.query('ROLLBACK');
      await placed;
      await counsel.query('DELETE FROM audit_legal_hold');
    } finally {
      await counsel.end();
    }
  });
});

describeFunction('audit_retire', () => {
  const retire = async (id: string, most = 100) =>
    (await rows('SELECT removed::int, is_done, held::int FROM audit_retire($1, $2)', [id, most]))[0];

  it('removes what was announced, so many at a time, and nothing else', async () => {
    await addEventsAt(client, ACCEPTED, 3);
    const kept = await addEventsAt(client, ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await addEventsAt(client, ACCEPTED, 1);
    await seal();
    const id = await announce();
    const late = await addEventsAt(client, ACCEPTED, 1);
    expect(await retire(id, 2)).toMatchObject({ removed: 2, is_done: false });
    expect(await storedIds()).toHaveLength(4);
    expect(await retire(id, 2)).toMatchObject({ removed: 2, is_done: false });
    expect(await retire(id, 2)).toMatchObject({ removed: 0, is_done: true, held: 0 });
    expect([await storedIds(), await stateOf(id)]).toEqual([[...kept, ...late], 'retired']);
  });

  it('leaves what is not due by the policy of the retirement, whatever was announced', async () => {
    const ids = await addEventsAt(client, ACCEPTED, 2);
    await seal();
    const id = await announce();
    await client.query('UPDATE audit_retirement SET as_of = $2 WHERE id = $1', [id, dueAt(30)]);
    expect(await retire(id)).toMatchObject({ removed: 0 });
    expect(await storedIds()).toEqual(ids);
  });

  it('leaves what is held by then, and stays open for it', async () => {
    const [held] = await addEventsAt(client, ACCEPTED, 1, { tenantId: 'held' });
    await addEventsAt(client, ACCEPTED, 1);
    await seal();
    const id = await announce();
    const holdId = await hold({ actor_id: 'u-2', tenant_id: 'held' });
    expect(await retire(id)).toMatchObject({ removed: 1 });
    expect(await retire(id)).toMatchObject({ is_done: true, held: 1 });
    expect([await storedIds(), await stateOf(id)]).toEqual([[held], 'announced']);
    await client.query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [holdId]);
    expect([await retire(id), await retire(id)]).toMatchObject([{ removed: 1 }, { is_done: true, held: 0 }]);
    expect(await stateOf(id)).toBe('retired');
  });

  it('leaves no way to remove an event after it, in the same transaction', async () => {
    await addEventsAt(client, ACCEPTED, 1);
    const kept = await addEventsAt(client, ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await seal();
    await retire(await announce());
    expect(await failure('DELETE FROM audit_event')).toContain('42501');
    expect(await storedIds()).toEqual(kept);
  });
});

describeFunction('audit_retire_month', () => {
  const retire = (id: string) => one('SELECT audit_retire_month($1)', [id]);
  const month = () => one(`SELECT to_regclass('audit_event_2026_01')::text`);

  it('takes the partition off the ledger, then drops it', async () => {
    await addEventsAt(client, ACCEPTED, 2);
    await seal();
    const id = await announce();
    expect([await retire(id), await month(), await storedIds()]).toEqual(['detached', null, []]);
    expect([await retire(id), await stateOf(id)]).toEqual(['retired', 'retired']);
    expect(
      await rows(
        `SELECT relname FROM pg_class WHERE relname LIKE 'audit\\_retired\\_%' AND relkind = 'r' AND relname <> 'audit_retired_range'`,
      ),
    ).toEqual([]);
  });

  it('leaves a month of which something is held, or came late, or waits for its place', async () => {
    await addEventsAt(client, ACCEPTED, 2);
    await seal();
    const id = await announce();
    const holdId = await hold({ actor_id: 'u-2' });
    expect([await retire(id), await month()]).toEqual(['held', 'audit_event_2026_01']);
    await client.query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [holdId]);
    await addEventsAt(client, ACCEPTED, 1);
    expect([await retire(id), await month()]).toEqual(['shared', 'audit_event_2026_01']);
    await seal();
    expect([await retire(id), await month()]).toEqual(['shared', 'audit_event_2026_01']);
    expect(await storedIds()).toHaveLength(3);
  });
});

describe('the functions of the migrations', () => {
  it('are those that have tests here, by name, both ways', async () => {
    const functions = await rows(`
      SELECT DISTINCT proname::text AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`);
    expect([...described].toSorted()).toEqual(functions.map(({ name }) => name));
  });
});
