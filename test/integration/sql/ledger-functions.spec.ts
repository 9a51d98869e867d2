import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { listFactNames } from '../../../src/monitoring/keep/lifecycle/erasure/remnants.js';
import { toFacts, LEDGER_COLUMNS } from '../../../src/monitoring/store/ledger-row.js';
import { ACCEPTED, EVENT, at, eventRow, type Row, useSqlScene } from '../../support/sql-scene.js';

const { addEventsAt, failure, hold, locksOfHolds, one, readPersonalColumns, query, rows, seal } = useSqlScene();

describe('audit_event_refuse_change', () => {
  it('refuses to change any column but the personal ones, also to who says that it is an erasure', async () => {
    const [id] = await addEventsAt(ACCEPTED, 1);
    const columns = await rows(`
      SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
       WHERE attrelid = 'audit_event'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`);
    const personal = await readPersonalColumns(id);
    expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining([...personal]));
    await query(`SET LOCAL audit.act = 'erase'`);
    const erase = personal.map((name) => `${name} = NULL`).join(', ');
    expect(await failure(`UPDATE audit_event SET ${erase}`)).toBe('it did not fail');
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
  json: `'{"forged": 1}'`,
  inet: `'192.0.2.1'`,
  'double precision': '7.5',
  boolean: 'true',
  bytea: `decode(repeat('ab', 16), 'hex')`,
};

it('audit_log_refuse_change refuses every change to leaves, checkpoints, cosignatures, signing keys and acts', async () => {
  await addEventsAt(ACCEPTED, 1);
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

describe('audit_hold_covers', () => {
  const event = {
    tenant_id: 'acme',
    actor_id: 'u-1',
    on_behalf_of: { type: 'user', id: 'u-2' },
    resource_type: 'order',
    resource_id: 'o-1',
    related: [{ type: 'invoice', id: 'i-1' }, { type: 'user' }],
    personal: { '/related/1/id': 'u-7' },
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
    ['another type', { resource_type: 'refund' }, false],
    ['its resource', { resource_type: 'order', resource_id: 'o-1' }, true],
    ['another resource', { resource_type: 'order', resource_id: 'o-2' }, false],
    ['the type of a related resource', { resource_type: 'invoice' }, true],
    ['a related resource', { resource_type: 'invoice', resource_id: 'i-1' }, true],
    ['a related resource whose id is personal', { resource_type: 'user', resource_id: 'u-7' }, true],
    ['another resource of the type of a related one', { resource_type: 'invoice', resource_id: 'u-7' }, false],
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

const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

describe('audit_events_about', () => {
  const readEvents = (subject: string, after = FIRST, until = LAST, max = 100) =>
    rows('SELECT * FROM audit_events_about($1, $2, $3, $4)', [subject, after, until, max]);

  it('finds what a person did, what was done on behalf of them, and to them, each once', async () => {
    const [own] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'p' } });
    const onBehalfOf = { type: 'user', id: 'p' } as const;
    const [behalf] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'admin', id: 'a', onBehalfOf } });
    const person = { type: 'user', id: 'p' } as const;
    const [resource] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'admin', id: 'a' }, resource: person });
    const [both] = await addEventsAt(ACCEPTED, 1, { actor: { ...person, onBehalfOf }, resource: person });
    await addEventsAt(ACCEPTED, 1, { resource: { type: 'order', id: 'p' } });
    await addEventsAt(ACCEPTED, 1, { type: 'audit_subject_erased', resource: person });
    const found = (await readEvents('p')).map(({ id, relation }) => [id, relation]);
    expect(found).toEqual([
      [own, 'actor'],
      [behalf, 'onBehalfOf'],
      [resource, 'resource'],
      [both, 'actor'],
    ]);
    expect((await readEvents('p', own, both)).map(({ id }) => id)).toEqual([behalf, resource]);
    expect((await readEvents('p', FIRST, LAST, 2)).map(({ id }) => id)).toEqual([own, behalf]);
  });

  it('says which are held and which have a personal part', async () => {
    const actor = { type: 'user', id: 'p-1', name: 'Ada' } as const; // of an id's shape, which an erasure leaves
    await addEventsAt(ACCEPTED, 1, { actor, tenantId: 'held' });
    const [free] = await addEventsAt(ACCEPTED, 1, { actor });
    await hold({ tenant_id: 'held' });
    await query('SELECT audit_erase($1)', [[free]]);
    expect(await readEvents('p-1')).toMatchObject([
      { is_held: true, is_personal: true },
      { is_held: false, is_personal: false },
    ]);
  });
});

describe('audit_events_naming', () => {
  const naming = (needles: readonly string[], after: string | undefined, max = 100) =>
    rows('SELECT * FROM audit_events_naming($1, $2, $3, $4)', [needles, after, LAST, max]);

  it('finds the events that have one of the texts, or a character beyond ASCII, and the last one that it looked at', async () => {
    const name = 'zo needle';
    const [named] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'x', name: 'Zoë' } });
    const [reported] = await addEventsAt(ACCEPTED, 1, { details: { told: `by ZO Needle` } });
    await addEventsAt(ACCEPTED, 1, { details: { told: 'by zo' } });
    const [last] = await addEventsAt(ACCEPTED, 1);
    expect((await naming([name], FIRST)).map(({ id }) => id)).toEqual([named, reported, last]);
    expect((await naming([name], FIRST, 1)).map(({ id }) => id)).toEqual([named]);
    expect((await naming([name], named)).map(({ id }) => id)).toEqual([reported, last]);
    await hold({ actor_id: 'x' });
    expect(await naming([name], FIRST, 1)).toMatchObject([{ id: named, is_held: true }]);
  });

  it('looks at no more than 4 MiB, and at one event at least', async () => {
    const ids = await addEventsAt(ACCEPTED, 20, { details: { told: 'x'.repeat(250_000) } });
    expect((await naming(['nobody'], FIRST)).map(({ id }) => id)).toEqual([ids[15]]);
    expect((await naming(['nobody'], ids[15])).map(({ id }) => id)).toEqual([ids[19]]);
  });
});

describe('audit_erase', () => {
  const PERSONAL = 'num_nonnulls(personal, personal_salt, actor_name, ip, user_agent)';
  const erase = async (ids: readonly string[]) =>
    (await rows('SELECT audit_erase($1) AS id', [ids])).map(({ id }) => id);

  it('takes the personal part of the events that it is given, and of no other, and leaves no way to change one after it', async () => {
    const [erased = '', other] = await addEventsAt(ACCEPTED, 2);
    const sealed = () =>
      rows('SELECT id, personal_commitment, leaf_hash, type, details, metadata FROM audit_event ORDER BY id');
    const before = await sealed();
    expect(await locksOfHolds()).toEqual([]);
    expect(await erase([])).toEqual([]);
    expect(await locksOfHolds()).toEqual(['ShareLock']); // for which who places a hold waits
    expect(await erase([erased])).toEqual([erased]);
    expect(await erase([erased])).toEqual([]);
    expect(await rows(`SELECT id, ${PERSONAL} = 0 AS gone FROM audit_event ORDER BY id`)).toEqual([
      { id: erased, gone: true },
      { id: other, gone: false },
    ]);
    expect(await sealed()).toEqual(before);
    const erasing = (await readPersonalColumns(other)).map((name) => `${name} = NULL`).join(', ');
    const update = `UPDATE audit_event SET ${erasing} WHERE id = '${String(other)}'`;
    expect(await failure(update)).toContain('42501');
    await query(`SET LOCAL audit.act = 'erase'`);
    expect(await failure(update)).toBe('it did not fail');
  });
});

const listNames = async (ids: readonly unknown[]) => {
  const found = await rows('SELECT * FROM audit_fact_names($1)', [ids]);
  return Object.fromEntries(found.map(({ name, events }) => [String(name), Number(events)]));
};

it('audit_fact_names names the fields that are facts, as they are named of archived events, and never those that are personal', async () => {
  const [one] = await addEventsAt(ACCEPTED, 1, {
    actor: { type: 'user', id: 'ada@example.com', name: 'Ada', onBehalfOf: { type: 'user', id: 'u-2' } },
    reason: 'moved to Paris',
    details: { attempts: 3, note: 'by Ada', nested: { total: 1 } },
    changes: { before: { total: 1 }, after: { total: 2 }, diff: [{ path: '/total', from: 1, to: 2 }] },
    error: { name: 'TypeError', code: 'ECONNREFUSED', message: 'Ada is gone' },
  });
  const [other] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'u-1' } });
  const [row = {}] = await rows(`SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = $1`, [one]);
  const expected = [...listFactNames(toFacts(row)), '/personal'].toSorted();
  const names = Object.keys(await listNames([one])).toSorted();
  expect(names).toEqual(expected);
  expect(names).toEqual(expect.arrayContaining(['/details/attempts', '/changes/diff', '/error/code', '/tenantId']));
  expect(names.filter((name) => /note|message|reason|userAgent|\/ip|\/actor\/(id|name)/.test(name))).toEqual([]);

  await query('SELECT audit_erase($1)', [[one]]);
  expect(Object.keys(await listNames([one])).toSorted()).toEqual(names);
  expect(await listNames([one, other])).toMatchObject({ '/id': 2, '/actor/id': 1, '/details/attempts': 1 });
});

const exportsWith = async (max = 10) => {
  const found = await rows('SELECT * FROM audit_exports_with($1, $2)', [[6, 7], max]);
  return found.map((row) => [row.export_id, row.is_certain]);
};
const reported = async (outcome: 'attempted' | 'success' | 'partial' | 'failure', id: string, details: object) => {
  const resource = { type: 'audit_export', id };
  const [event] = await addEventsAt(ACCEPTED, 1, { outcome, resource, details: { ...details } });
  return event;
};
const place = (eventId: unknown, index: number) =>
  query('INSERT INTO audit_leaf VALUES ($1, $2, $3)', [index, eventId, Buffer.alloc(32)]);

it('audit_exports_with finds the exports whose places have an erased event, and those that never said how they ended', async () => {
  const [erased] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'u-1' } });
  await place(erased, 5);
  const ids = Array.from({ length: 7 }, () => uuidv7());
  const [whole = '', part = '', before = '', cut = '', open = '', failed = '', odd = ''] = ids;
  await reported('attempted', whole, {});
  await reported('success', whole, { firstIndex: 5, lastIndex: 6, shown: 2 });
  await reported('success', part, { firstIndex: 0, lastIndex: 9, shown: 3 });
  await reported('success', before, { firstIndex: 0, lastIndex: 4, shown: 5 });
  await reported('partial', cut, { firstIndex: 5, lastIndex: 5, shown: 1 });
  await place(await reported('attempted', open, {}), 7);
  await place(await reported('attempted', failed, {}), 8);
  await reported('failure', failed, {});
  await reported('success', odd, { firstIndex: 'x', lastIndex: 'y', shown: 'z' });
  expect(await exportsWith()).toEqual([]); // nothing was erased yet

  await query('INSERT INTO audit_erased (event_id, act) VALUES ($1, 7)', [erased]);
  expect(await exportsWith()).toEqual([
    [open, false],
    [cut, true],
    [part, false],
    [whole, true],
  ]);
  expect(await exportsWith(1)).toEqual([[open, false]]);
});

const KEY = Buffer.alloc(32, 7);
const ALICE = { actor: { type: 'user', id: 'alice', name: 'Ålice 😀' }, tenantId: 'acme' };

const pad = (key: Buffer, byte: number): Buffer =>
  Buffer.from(Buffer.concat([key, Buffer.alloc(64 - key.length)]).map((each) => each ^ byte));
const addKey = (id: string, key: Buffer, logins: readonly string[] | null = null) =>
  query('INSERT INTO audit_context_key (id, inner_pad, outer_pad, logins) VALUES ($1, $2, $3, $4)', [
    id,
    pad(key, 0x36),
    pad(key, 0x5c),
    logins,
  ]);

function sign(context: object, key = KEY): string {
  const json = JSON.stringify(context);
  return `v1.${createHmac('sha256', key).update(json).digest('hex')}.${json}`;
}
async function signedAt(offsetSeconds: number, context: object = ALICE): Promise<string> {
  const beganAtMs = Number(await one('SELECT floor(extract(epoch FROM transaction_timestamp()) * 1000)'));
  return sign({ signedAt: beganAtMs + offsetSeconds * 1_000, ...context });
}
const set = (setting: string) => query(`SELECT set_config('audit.context', $1, true)`, [setting]);
const seen = () => rows('SELECT audit_context() AS context, audit_context_problem() AS problem');

const FORGED = [{ context: null, problem: 'forged' }];
const EXPIRED = [{ context: null, problem: 'expired' }];

describe('the context of a row change', () => {
  beforeEach(() => addKey('first', KEY));

  it('is for the logins of the key alone, where it names some', async () => {
    await query('DELETE FROM audit_context_key');
    await addKey('of app', KEY, ['app']);
    await set(await signedAt(0));
    expect(await seen()).toEqual(FORGED);
    await query('SET LOCAL SESSION AUTHORIZATION app');
    expect(await one(`SELECT audit_context()->'actor'->>'id'`)).toBe('alice');
  });

  it('is for writers to read, and its keys are for nobody', async () => {
    await set(await signedAt(0));
    await query('SET LOCAL ROLE audit_writer');
    expect(await one(`SELECT audit_context()->>'tenantId'`)).toBe('acme');
    for (const role of ['audit_writer', 'audit_sequencer', 'audit_reader', 'audit_keeper']) {
      await query(`SET LOCAL ROLE ${role}`);
      if (role !== 'audit_writer') expect(await failure('SELECT audit_context()')).toContain('42501');
      expect(await failure('SELECT inner_pad FROM audit_context_key')).toContain('42501');
      expect(await failure('SELECT outer_pad FROM audit_context_key')).toContain('42501');
      expect(await failure('DELETE FROM audit_context_key')).toContain('42501');
    }
    await query('SET LOCAL ROLE audit_reader');
    expect(await rows('SELECT id, logins FROM audit_context_key')).toEqual([{ id: 'first', logins: null }]);
  });
  it.each<[string, (setting: string) => string]>([
    ['with another MAC', (setting) => setting.replace(/^v1\../, (start) => (start === 'v1.0' ? 'v1.1' : 'v1.0'))],
    ['by an unknown key', (setting) => sign(JSON.parse(setting.slice(68)) as object, Buffer.alloc(32))],
    ['with a MAC in capitals', (setting) => `v1.${setting.slice(3, 67).toUpperCase()}${setting.slice(67)}`],
    ['of another version', (setting) => setting.replace('v1', 'v2')],
    ['without a MAC', (setting) => setting.slice(68)],
    ['that is too short', () => 'v1.'],
  ])('says that a context %s is forged', async (_how, change) => {
    const setting = await signedAt(0);
    expect(change(setting)).not.toBe(setting);
    await set(change(setting));
    expect(await seen()).toEqual(FORGED);
  });

  it('says that a context is expired which was signed long before the transaction, or by a clock that is far ahead', async () => {
    for (const [offsetSeconds, expected] of [
      [-299, 'alice'],
      [-301, undefined],
      [299, 'alice'],
      [600, undefined],
    ] as const) {
      await set(await signedAt(offsetSeconds));
      if (expected === undefined) expect(await seen()).toEqual(EXPIRED);
      else expect(await one(`SELECT audit_context()->'actor'->>'id'`)).toBe(expected);
    }
    await set(sign(ALICE));
    expect(await seen()).toEqual(EXPIRED);
  });
});
