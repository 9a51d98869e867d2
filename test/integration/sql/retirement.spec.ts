import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { defineAuditEvents } from '../../../src/audit/index.js';
import { Catalogue } from '../../../src/audit/nest-free.js';
import { resolvePolicy } from '../../../src/monitoring/keep/lifecycle/retention/retention-options.js';
import { createRetirementScene } from '../../support/sql-retirements.js';
import { ACCEPTED, DAY_MS, EVENT, RULES, at, dueAt, eventRow, type Row, useSqlScene } from '../../support/sql-scene.js';

const scene = useSqlScene();
const { addEventsAt, cover, failure, hold, locksOfHolds, one, query, rows, seal, storedIds } = scene;
const { announce, readAnnouncement, placeAnnouncement, plan, readState } = createRetirementScene(scene);

it.each([
  [null, null],
  ['1', 1],
  ['36500', 36_500],
  ['36501', 2_147_483_647],
  ['0', 2_147_483_647],
  ['-1', 2_147_483_647],
])('audit_days takes %p for %p: any other value than a number of days keeps forever', async (days, expected) => {
  expect(await one('SELECT audit_days($1)', [days])).toBe(expected);
});

it.each<[rules: object, own: number | string | undefined, days: number]>([
  [{ days: 30 }, undefined, 30],
  [{ days: 30, categories: { order: 40, payment: 400 } }, undefined, 40],
  [{ days: 30, eventTypes: { order_created: 50, order_paid: 500 } }, undefined, 50],
  [{ days: 30, tenants: { acme: 60, other: 600 } }, undefined, 60],
  [{ days: 30, categories: { order: 20 } }, undefined, 30],
  [{ days: 30, tenants: { acme: 60 } }, 70, 70],
  [RULES, 30.1, 31],
  [RULES, 29.5, 30],
  [RULES, '400', 30],
  [RULES, 1e300, 2_147_483_647],
  [RULES, 0, 30],
  [RULES, -1, 30],
])(
  'the longest of the rules %j and the days %p of the event itself is %d days',
  async (rules, retentionDays, expected) => {
    const row = eventRow({ metadata: { retentionDays } });
    expect(await one(`SELECT audit_retention_days(${EVENT}, $2)`, [row, JSON.stringify(rules)])).toBe(expected);
  },
);

const own = defineAuditEvents({
  card_read: { action: 'card_reading', outcome: 'success', category: 'payment', compliance: ['pci_dss'] },
});
const catalogue = new Catalogue(own);

it.each([
  ['user_login_failed', 365],
  ['role_assignment_denied', 365],
  ['card_read', 365],
  ['card_reading_partial', 365],
  ['order_creation_denied', 90],
  ['parcel_scan_partial', 90],
])('the days of a compliance tag keep %s for %d days', async (name, expected) => {
  const { type, action, outcome } = catalogue.resolve(name);
  const row = eventRow({ type, action, outcome });
  expect(await one(`SELECT audit_retention_days(${EVENT}, $2)`, [row, resolvePolicy({ days: 90 }, catalogue)])).toBe(
    expected,
  );
});

describe('audit_is_due', () => {
  const isDue = async (asOf: string, rules: object = RULES, fields: Row = {}): Promise<unknown> => {
    const id = await one('SELECT audit_event_first_id($1)', [ACCEPTED]);
    return one(`SELECT audit_is_due(${EVENT}, $2, $3)`, [eventRow({ id, ...fields }), JSON.stringify(rules), asOf]);
  };

  it.each([1, 30, 90, 100, 365])(
    'is true a millisecond after %d days of 24 hours, and not at the end of the last of them',
    async (days) => {
      await query(`SET LOCAL timezone = 'Europe/Berlin'`); // 100 days are across the change to summer time
      expect(await isDue(dueAt(days, -DAY_MS), { days })).toBe(false);
      expect([await isDue(dueAt(days), { days }), await isDue(dueAt(days, 1), { days })]).toEqual([false, true]);
    },
  );

  it('goes by the days of the event itself, and is never true for what is kept forever', async () => {
    expect(await isDue(dueAt(45), RULES, { metadata: { retentionDays: 60 } })).toBe(false);
    expect(await isDue(dueAt(60, 1), RULES, { metadata: { retentionDays: 60 } })).toBe(true);
    expect(await isDue('2199-01-01T00:00:00Z', { days: 0 })).toBe(false);
    expect(await isDue('2199-01-01T00:00:00Z', { days: 30, categories: { order: 36_501 } })).toBe(false);
    for (const type of ['audit_hold_placed', 'audit_hold_released']) {
      expect(await isDue('2199-01-01T00:00:00Z', { days: 30 }, { type })).toBe(false);
    }
  });
});

describe('audit_retention_survey', () => {
  const survey = (rules: object, asOf: string, month?: string) =>
    rows(
      `SELECT partition, is_over, events::int, due::int, held::int, unsealed::int
         FROM audit_retention_survey($1, $2, $3)`,
      [JSON.stringify(rules), asOf, month ?? null],
    );

  it('counts what is due of each month, what of it is held, and what no checkpoint covers', async () => {
    await addEventsAt(ACCEPTED, 2);
    await addEventsAt(ACCEPTED, 1, { tenantId: 'held' });
    await addEventsAt(ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await seal(2);
    await hold({ tenant_id: 'held' });
    const january = { partition: 'audit_event_2026_01', events: 4, due: 3, held: 1, unsealed: 0 };
    expect(await survey(RULES, dueAt(30, 1))).toEqual([{ ...january, is_over: false }]);
    await addEventsAt(ACCEPTED, 1);
    expect(await survey(RULES, dueAt(30, 1))).toMatchObject([{ events: 5, due: 4, held: 1, unsealed: 1 }]);
    expect(await survey(RULES, dueAt(30))).toMatchObject([{ due: 0 }]);
    expect(await survey(RULES, '2026-03-02T23:59:59.999Z', january.partition)).toMatchObject([{ is_over: false }]);
    expect(await survey(RULES, '2026-03-03T00:00:00.000Z', january.partition)).toMatchObject([{ is_over: true }]);
    expect(await survey(RULES, '2026-12-01Z', 'audit_event_2026_02')).toMatchObject([{ events: 0 }]);
    expect(await survey({ days: 0 }, '2199-01-01Z')).toEqual([]);
  });
});

describe('audit_retirement_plan', () => {
  const readRanges = (id: string) =>
    rows(
      'SELECT first_index::int AS first, last_index::int AS last FROM audit_retired_range WHERE retirement_id = $1 ORDER BY 1',
      [id],
    );
  const readPlan = async (id: string) =>
    (
      await rows(
        'SELECT kind, events::int, first_index::int AS first, last_index::int AS last FROM audit_retirement WHERE id = $1',
        [id],
      )
    )[0];

  it('is of the whole month when all of it is due, sealed and held by nobody', async () => {
    await addEventsAt(ACCEPTED, 3);
    await seal();
    const { id, isPlanned } = await plan({ most: 2 });
    expect([isPlanned, await readPlan(id)]).toEqual([true, { kind: 'month', events: 3, first: 0, last: 2 }]);
    expect(await readRanges(id)).toEqual([{ first: 0, last: 2 }]);
  });

  it('is of rows where all of the month is due and something of it is held, or waits for its place', async () => {
    await addEventsAt(ACCEPTED, 3);
    await seal();
    await addEventsAt(ACCEPTED, 1);
    const waiting = await plan();
    expect(await readPlan(waiting.id)).toEqual({ kind: 'rows', events: 3, first: 0, last: 2 });
    await query('SELECT audit_retirement_cancel($1)', [waiting.id]);
    await addEventsAt(ACCEPTED, 1, { tenantId: 'held' });
    await seal();
    await hold({ tenant_id: 'held' });
    expect(await readPlan((await plan()).id)).toEqual({ kind: 'rows', events: 4, first: 0, last: 3 });
  });

  it('is of the rows that are due, sealed and not held, at most so many', async () => {
    await addEventsAt(ACCEPTED, 2);
    await addEventsAt(ACCEPTED, 1, { tenantId: 'held' });
    await addEventsAt(ACCEPTED, 1);
    await addEventsAt(ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await addEventsAt(ACCEPTED, 1);
    await seal();
    await addEventsAt(ACCEPTED, 1); // unsealed
    await hold({ tenant_id: 'held' });
    const { id } = await plan();
    expect(await readPlan(id)).toEqual({ kind: 'rows', events: 4, first: 0, last: 5 });
    expect(await readRanges(id)).toEqual([
      { first: 0, last: 1 },
      { first: 3, last: 3 },
      { first: 5, last: 5 },
    ]);
    expect((await plan()).isPlanned).toBe(false); // one is open
    await query('SELECT audit_retirement_cancel($1)', [id]);
    const few = await plan({ most: 3 });
    expect(await readRanges(few.id)).toEqual([
      { first: 0, last: 1 },
      { first: 3, last: 3 },
    ]);
  });

  it('is none a millisecond too early, nor for a time to come', async () => {
    await addEventsAt('2026-01-31T12:00:00.000Z', 1);
    await seal();
    const end = '2026-03-02T12:00:00.000Z';
    expect((await plan({ asOf: end })).isPlanned).toBe(false);
    const toCome = `SELECT audit_retirement_plan(gen_random_uuid(), 'audit_event_2026_01', '{"days":1}', clock_timestamp() + interval '1 minute', 10)`;
    expect(await failure(toCome)).toContain('that is yet to come');
    expect((await plan({ asOf: at(end, 1) })).isPlanned).toBe(true);
  });
});

it('audit_retirement_cancel takes back what is planned, and nothing later', async () => {
  await addEventsAt(ACCEPTED, 1);
  await seal();
  const { id } = await plan();
  const cancel = (which: string) => one('SELECT audit_retirement_cancel($1)', [which]);
  expect([await cancel(id), await cancel(id), await readState(id)]).toEqual([true, false, undefined]);
  const announced = await announce();
  expect([await cancel(announced), await readState(announced)]).toEqual([false, 'announced']);
});

it('audit_retirement_archived continues from the plan once, unless a hold covers one of the events', async () => {
  await addEventsAt(ACCEPTED, 2);
  await seal();
  const { id } = await plan();
  const archived = async () =>
    one('SELECT audit_retirement_archived($1, $2, $3)', [id, uuidv7(), Buffer.from('entry')]);
  const holdId = await hold({ actor_id: 'u-2' });
  expect([await archived(), await readState(id)]).toEqual([false, 'planned']);
  await query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [holdId]);
  expect([await archived(), await readState(id), await archived()]).toEqual([true, 'archived', false]);
});

describe('audit_retirement_announced', () => {
  it('waits for a checkpoint that covers the announcement', async () => {
    await addEventsAt(ACCEPTED, 2);
    await seal();
    const { id } = await plan();
    const eventId = uuidv7();
    const entry = await readAnnouncement(id, eventId);
    await query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
    const announced = () => one('SELECT audit_retirement_announced($1)', [id]);
    expect(await announced()).toBe(false);
    await placeAnnouncement(eventId, entry, false);
    expect([await announced(), await readState(id)]).toEqual([false, 'archived']);
    await cover(3);
    expect([await announced(), await readState(id), await announced()]).toEqual([true, 'announced', false]);
  });

  it.each(['events', 'indexesDigest', 'policy', 'cutoff', 'retirementId', 'the bytes of its leaf'])(
    'refuses an announcement that has another %s than was planned',
    async (name) => {
      await addEventsAt(ACCEPTED, 2);
      await seal();
      const { id } = await plan();
      const eventId = uuidv7();
      const said = JSON.parse((await readAnnouncement(id, eventId)).toString()) as { details: Record<string, unknown> }; // as made above
      if (name in said.details) said.details[name] = name === 'events' ? 1 : 'another';
      const entry = Buffer.from(JSON.stringify(said));
      const placed = name in said.details ? entry : Buffer.concat([entry, Buffer.from(' ')]);
      await query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
      await placeAnnouncement(eventId, placed, true);
      expect(await one('SELECT audit_retirement_announced($1)', [id])).toBe(false);
    },
  );
});

it('audit_retirement_open finds what is announced, refuses all else, and keeps holds from being placed until its transaction ends', async () => {
  await addEventsAt(ACCEPTED, 1);
  await seal();
  const { id } = await plan();
  const open = (which: string) => failure('SELECT audit_retirement_open($1)', [which]);
  expect(await open(id)).toMatch(/^42501: .* it is planned/);
  expect(await open(uuidv7())).toMatch(/^42501: .* it is unknown/);
  await query('SELECT audit_retirement_cancel($1)', [id]);
  expect(await one('SELECT (audit_retirement_open($1)).state', [await announce()])).toBe('announced');
  expect(await locksOfHolds()).toEqual(['ShareLock']);
});

describe('audit_retire', () => {
  const retire = async (id: string, max = 100) =>
    (await rows('SELECT removed::int, is_done, held::int FROM audit_retire($1, $2)', [id, max]))[0];

  it('removes what was announced, so many at a time, and nothing else', async () => {
    await addEventsAt(ACCEPTED, 3);
    const kept = await addEventsAt(ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await addEventsAt(ACCEPTED, 1);
    await seal();
    const id = await announce();
    const late = await addEventsAt(ACCEPTED, 1);
    expect(await retire(id, 2)).toMatchObject({ removed: 2, is_done: false });
    expect(await storedIds()).toHaveLength(4);
    expect(await retire(id, 2)).toMatchObject({ removed: 2, is_done: false });
    expect(await retire(id, 2)).toMatchObject({ removed: 0, is_done: true, held: 0 });
    expect([await storedIds(), await readState(id)]).toEqual([[...kept, ...late], 'retired']);
    expect(await failure('DELETE FROM audit_event')).toContain('42501');
  });

  it('removes the images of row changes that stand apart, with their events', async () => {
    const [gone] = await addEventsAt(ACCEPTED, 1);
    await seal();
    const id = await announce();
    const [kept] = await addEventsAt(ACCEPTED, 1);
    await query(`INSERT INTO audit_row_image (event_id, after) SELECT unnest($1::uuid[]), '{}'`, [[gone, kept]]);
    expect(await retire(id)).toMatchObject({ removed: 1 });
    expect(await rows('SELECT event_id FROM audit_row_image')).toEqual([{ event_id: kept }]);
  });

  it('leaves what is not due by the policy of the retirement, whatever was announced, and no way to remove an event after it', async () => {
    const ids = await addEventsAt(ACCEPTED, 2);
    await seal();
    const id = await announce();
    await query('UPDATE audit_retirement SET as_of = $2 WHERE id = $1', [id, dueAt(30)]);
    expect(await retire(id)).toMatchObject({ removed: 0 });
    expect(await failure('DELETE FROM audit_event')).toContain('42501');
    expect(await storedIds()).toEqual(ids);
  });
});

describe('audit_retire_month', () => {
  const retire = (id: string) => one('SELECT audit_retire_month($1)', [id]);
  const month = () => one(`SELECT to_regclass('audit_event_2026_01')::text`);

  it('leaves a month of which something is held, or came late, or waits for its place', async () => {
    await addEventsAt(ACCEPTED, 2);
    await seal();
    const id = await announce();
    const holdId = await hold({ actor_id: 'u-2' });
    expect([await retire(id), await month()]).toEqual(['held', 'audit_event_2026_01']);
    await query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [holdId]);
    await addEventsAt(ACCEPTED, 1);
    expect([await retire(id), await month()]).toEqual(['shared', 'audit_event_2026_01']);
    await seal();
    expect([await retire(id), await month()]).toEqual(['shared', 'audit_event_2026_01']);
    expect(await storedIds()).toHaveLength(3);
  });
});
