import { describe, expect, it } from '@jest/globals';
import { ACCEPTED, useSqlScene } from '../../support/sql-scene.js';

const { addEventsAt, failure, hold, one, personalColumnsOf, query, rows } = useSqlScene();

describe('audit_events_of', () => {
  const FIRST = '00000000-0000-0000-0000-000000000000';
  const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  const eventsOf = (subject: string, after = FIRST, until = LAST, most = 100) =>
    rows('SELECT * FROM audit_events_of($1, $2, $3, $4)', [subject, after, until, most]);

  it('finds what a person did, what was done on behalf of them, and to them, each once', async () => {
    const [own] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'p' } });
    const onBehalfOf = { type: 'user', id: 'p' } as const;
    const [behalf] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'admin', id: 'a', onBehalfOf } });
    const [resource] = await addEventsAt(ACCEPTED, 1, {
      actor: { type: 'admin', id: 'a' },
      resource: { type: 'user', id: 'p' },
    });
    const [both] = await addEventsAt(ACCEPTED, 1, {
      actor: { type: 'user', id: 'p', onBehalfOf },
      resource: { type: 'user', id: 'p' },
    });
    await addEventsAt(ACCEPTED, 1, { resource: { type: 'order', id: 'p' } });
    await addEventsAt(ACCEPTED, 1, { type: 'audit_subject_erased', resource: { type: 'user', id: 'p' } });
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
    await addEventsAt(ACCEPTED, 1, { actor, tenantId: 'held' });
    const [free] = await addEventsAt(ACCEPTED, 1, { actor });
    await hold({ tenant_id: 'held' });
    await query('SELECT audit_erase($1)', [[free]]);
    expect(await eventsOf('p-1')).toMatchObject([
      { is_held: true, is_personal: true },
      { is_held: false, is_personal: false },
    ]);
  });
});

describe('audit_events_naming', () => {
  const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  const naming = (needles: readonly string[], after: string | undefined, most = 100) =>
    rows('SELECT * FROM audit_events_naming($1, $2, $3, $4)', [needles, after, LAST, most]);

  it('finds the events that have one of the texts, or a character beyond ASCII, and the last one that it looked at', async () => {
    const name = 'zo needle';
    const [named] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'x', name: 'Zoë' } });
    const [told] = await addEventsAt(ACCEPTED, 1, { details: { told: `by ZO Needle` } });
    await addEventsAt(ACCEPTED, 1, { details: { told: 'by zo' } });
    const [last] = await addEventsAt(ACCEPTED, 1);
    const first = '00000000-0000-0000-0000-000000000000';
    expect((await naming([name], first)).map(({ id }) => id)).toEqual([named, told, last]);
    expect((await naming([name], first, 1)).map(({ id }) => id)).toEqual([named]);
    expect((await naming([name], named)).map(({ id }) => id)).toEqual([told, last]);
    await hold({ actor_id: 'x' });
    expect(await naming([name], first, 1)).toMatchObject([{ id: named, is_held: true }]);
  });

  it('looks at no more than 4 MiB, and at one event at least', async () => {
    const ids = await addEventsAt(ACCEPTED, 20, { details: { told: 'x'.repeat(250_000) } });
    const before = '00000000-0000-0000-0000-000000000000';
    expect((await naming(['nobody'], before)).map(({ id }) => id)).toEqual([ids[15]]);
    expect((await naming(['nobody'], ids[15])).map(({ id }) => id)).toEqual([ids[19]]);
  });
});

describe('audit_erase', () => {
  const PERSONAL = 'num_nonnulls(personal, personal_salt, actor_name, ip, user_agent)';
  const erase = async (ids: readonly string[]) =>
    (await rows('SELECT audit_erase($1) AS id', [ids])).map(({ id }) => id);

  it('takes the personal part of the events that it is given, and of no other', async () => {
    const [erased = '', other] = await addEventsAt(ACCEPTED, 2);
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
    const [id = ''] = await addEventsAt(ACCEPTED, 1); // on behalf of u-2
    await hold({ actor_id: 'u-2' });
    expect(await erase([id])).toEqual([]);
    expect(await one(`SELECT ${PERSONAL} FROM audit_event`)).toBeGreaterThan(0);
  });

  it('leaves no way to change an event after it, in the same transaction', async () => {
    const [id = '', other] = await addEventsAt(ACCEPTED, 2);
    await erase([id]);
    const erasing = (await personalColumnsOf(other)).map((name) => `${name} = NULL`).join(', ');
    const update = `UPDATE audit_event SET ${erasing} WHERE id = '${String(other)}'`;
    expect(await failure(update)).toContain('42501');
    await query(`SET LOCAL audit.act = 'erase'`);
    expect(await failure(update)).toBe('it did not fail');
  });
});
