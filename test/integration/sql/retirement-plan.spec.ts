import { describe, expect, it } from '@jest/globals';
import { ACCEPTED, RULES, at, dueAt, useSqlScene } from '../../support/sql-scene.js';
import { retirementsOf } from '../../support/sql-retirements.js';

const scene = useSqlScene();
const { addEventsAt, failure, hold, one, query, rows, seal } = scene;
const { announce, plan, stateOf } = retirementsOf(scene);

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
  });

  it('finds nothing where everything is kept forever', async () => {
    await addEventsAt(ACCEPTED, 1);
    expect(await survey({ days: 0 }, '2199-01-01Z')).toEqual([]);
  });
});

describe('audit_retirement_plan', () => {
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
    await addEventsAt(ACCEPTED, 3);
    await seal();
    const { id, isPlanned } = await plan({ most: 2 });
    expect([isPlanned, await planOf(id)]).toEqual([true, { kind: 'month', events: 3, first: 0, last: 2 }]);
    expect(await rangesOf(id)).toEqual([{ first: 0, last: 2 }]);
  });

  it('is of rows where all of the month is due and something of it is held, or waits for its place', async () => {
    await addEventsAt(ACCEPTED, 3);
    await seal();
    await addEventsAt(ACCEPTED, 1);
    const waiting = await plan();
    expect(await planOf(waiting.id)).toEqual({ kind: 'rows', events: 3, first: 0, last: 2 });
    await query('SELECT audit_retirement_cancel($1)', [waiting.id]);
    await addEventsAt(ACCEPTED, 1, { tenantId: 'held' });
    await seal();
    await hold({ tenant_id: 'held' });
    expect(await planOf((await plan()).id)).toEqual({ kind: 'rows', events: 4, first: 0, last: 3 });
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
    expect(await planOf(id)).toEqual({ kind: 'rows', events: 4, first: 0, last: 5 });
    expect(await rangesOf(id)).toEqual([
      { first: 0, last: 1 },
      { first: 3, last: 3 },
      { first: 5, last: 5 },
    ]);
    expect((await plan()).isPlanned).toBe(false); // one is open
    await query('SELECT audit_retirement_cancel($1)', [id]);
    const few = await plan({ most: 3 });
    expect(await rangesOf(few.id)).toEqual([
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
  expect([await cancel(id), await cancel(id), await stateOf(id)]).toEqual([true, false, undefined]);
  const announced = await announce();
  expect([await cancel(announced), await stateOf(announced)]).toEqual([false, 'announced']);
});
