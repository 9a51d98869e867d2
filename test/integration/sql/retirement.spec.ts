import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { ACCEPTED, dueAt, useSqlScene } from '../../support/sql-scene.js';
import { retirementsOf } from '../../support/sql-retirements.js';

const scene = useSqlScene();
const { addEventsAt, cover, failure, hold, locksOfHolds, one, query, rows, seal, storedIds } = scene;
const { announce, announcementOf, placeAnnouncement, plan, stateOf } = retirementsOf(scene);

it('audit_retirement_archived continues from the plan once, unless a hold covers one of the events', async () => {
  await addEventsAt(ACCEPTED, 2);
  await seal();
  const { id } = await plan();
  const archived = async () =>
    one('SELECT audit_retirement_archived($1, $2, $3)', [id, uuidv7(), Buffer.from('entry')]);
  const holdId = await hold({ actor_id: 'u-2' });
  expect([await archived(), await stateOf(id)]).toEqual([false, 'planned']);
  await query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [holdId]);
  expect([await archived(), await stateOf(id), await archived()]).toEqual([true, 'archived', false]);
});

describe('audit_retirement_announced', () => {
  it('waits for a checkpoint that covers the announcement', async () => {
    await addEventsAt(ACCEPTED, 2);
    await seal();
    const { id } = await plan();
    const eventId = uuidv7();
    const entry = await announcementOf(id, eventId);
    await query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
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
      await addEventsAt(ACCEPTED, 2);
      await seal();
      const { id } = await plan();
      const eventId = uuidv7();
      const said = JSON.parse((await announcementOf(id, eventId)).toString()) as { details: Record<string, unknown> }; // as made above
      said.details[name] = name === 'events' ? 1 : 'another';
      const entry = Buffer.from(JSON.stringify(said));
      await query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
      await placeAnnouncement(eventId, entry, true);
      expect(await one('SELECT audit_retirement_announced($1)', [id])).toBe(false);
    },
  );

  it('refuses an announcement whose leaf is of other bytes', async () => {
    await addEventsAt(ACCEPTED, 2);
    await seal();
    const { id } = await plan();
    const eventId = uuidv7();
    const entry = await announcementOf(id, eventId);
    await query('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry]);
    await placeAnnouncement(eventId, Buffer.concat([entry, Buffer.from(' ')]), true);
    expect(await one('SELECT audit_retirement_announced($1)', [id])).toBe(false);
  });
});

describe('audit_retirement_open', () => {
  it('finds what is announced, and refuses all else', async () => {
    await addEventsAt(ACCEPTED, 1);
    await seal();
    const { id } = await plan();
    const open = (which: string) => failure('SELECT audit_retirement_open($1)', [which]);
    expect(await open(id)).toMatch(/^42501: .* it is planned/);
    expect(await open(uuidv7())).toMatch(/^42501: .* it is unknown/);
    await query('SELECT audit_retirement_cancel($1)', [id]);
    expect(await one('SELECT (audit_retirement_open($1)).state', [await announce()])).toBe('announced');
  });

  it('keeps holds from being placed until its transaction ends', async () => {
    await addEventsAt(ACCEPTED, 1);
    await seal();
    await query('SELECT audit_retirement_open($1)', [await announce()]);
    expect(await locksOfHolds()).toEqual(['ShareLock']);
  });
});

describe('audit_retire', () => {
  const retire = async (id: string, most = 100) =>
    (await rows('SELECT removed::int, is_done, held::int FROM audit_retire($1, $2)', [id, most]))[0];

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
    expect([await storedIds(), await stateOf(id)]).toEqual([[...kept, ...late], 'retired']);
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

  it('leaves what is not due by the policy of the retirement, whatever was announced', async () => {
    const ids = await addEventsAt(ACCEPTED, 2);
    await seal();
    const id = await announce();
    await query('UPDATE audit_retirement SET as_of = $2 WHERE id = $1', [id, dueAt(30)]);
    expect(await retire(id)).toMatchObject({ removed: 0 });
    expect(await storedIds()).toEqual(ids);
  });

  it('leaves what is held by then, and stays open for it', async () => {
    const [held] = await addEventsAt(ACCEPTED, 1, { tenantId: 'held' });
    await addEventsAt(ACCEPTED, 1);
    await seal();
    const id = await announce();
    const holdId = await hold({ actor_id: 'u-2', tenant_id: 'held' });
    expect(await retire(id)).toMatchObject({ removed: 1 });
    expect(await retire(id)).toMatchObject({ is_done: true, held: 1 });
    expect([await storedIds(), await stateOf(id)]).toEqual([[held], 'announced']);
    await query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [holdId]);
    expect([await retire(id), await retire(id)]).toMatchObject([{ removed: 1 }, { is_done: true, held: 0 }]);
    expect(await stateOf(id)).toBe('retired');
  });

  it('leaves no way to remove an event after it, in the same transaction', async () => {
    await addEventsAt(ACCEPTED, 1);
    const kept = await addEventsAt(ACCEPTED, 1, { metadata: { retentionDays: 400 } });
    await seal();
    await retire(await announce());
    expect(await failure('DELETE FROM audit_event')).toContain('42501');
    expect(await storedIds()).toEqual(kept);
  });
});

describe('audit_retire_month', () => {
  const retire = (id: string) => one('SELECT audit_retire_month($1)', [id]);
  const month = () => one(`SELECT to_regclass('audit_event_2026_01')::text`);

  it('takes the partition off the ledger, then drops it', async () => {
    await addEventsAt(ACCEPTED, 2);
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
