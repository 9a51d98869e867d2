import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { ACCEPTED, type Row, useSqlScene } from '../../support/sql-scene.js';

const { addEventsAt, failure, one, query, rows, storedIds } = useSqlScene();

describe('audit_event_first_id', () => {
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

describe('audit_partition_bounds', () => {
  it.each([
    ['audit_event_2026_02', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['audit_event_2025_12', '2025-12-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ])('of %s are the ids of its month', async (partition, from, to) => {
    await query(`SET LOCAL timezone = 'Pacific/Kiritimati'`);
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

describe('audit_event_make_partition', () => {
  const make = (moment: string) => one('SELECT audit_event_make_partition($1)', [moment]);

  it('makes the month of a moment once, in UTC', async () => {
    await query(`SET LOCAL timezone = 'Pacific/Kiritimati'`);
    expect(await make('2031-05-31T23:59:59.999Z')).toBe('audit_event_2031_05');
    expect(await make('2031-05-01T00:00:00Z')).toBeNull();
    expect(await make('2031-06-01T00:00:00Z')).toBe('audit_event_2031_06');
    expect([await make('2019-12-31T23:59:59Z'), await make('1971-01-01Z')]).toEqual(['audit_event_before_2020', null]);
    expect([await make('2100-01-01T00:00:00Z'), await make('9000-01-01Z')]).toEqual(['audit_event_from_2100', null]);
  });

  it('makes it append-only, and no right of anybody else', async () => {
    await make('2031-05-01Z');
    const [id] = await addEventsAt('2031-05-10T12:00:00.000Z', 1);
    for (const change of ['DELETE FROM', 'TRUNCATE', `UPDATE`]) {
      const set = change === 'UPDATE' ? ` SET reason = 'x'` : '';
      expect(await failure(`${change} audit_event_2031_05${set}`)).toMatch(/^42501: .*append-only/);
    }
    expect(await storedIds()).toEqual([id]);
    for (const role of ['audit_reader', 'audit_writer', 'audit_sequencer', 'audit_keeper']) {
      const privileges = 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE';
      expect(await one(`SELECT has_table_privilege($1, 'audit_event_2031_05', $2)`, [role, privileges])).toBe(false);
    }
  });
});

describe('audit_event_append', () => {
  it('stores the rows of a batch, each once', async () => {
    const [id] = await addEventsAt(ACCEPTED, 1);
    const batch = await one('SELECT jsonb_agg(to_jsonb(e)) FROM audit_event e');
    const [row = {}] = batch as Row[]; // an array of rows, as made above
    const another = { ...row, id: uuidv7() };
    await query('SELECT audit_event_make_partition(now())');
    expect(await rows('SELECT * FROM audit_event_append($1)', [JSON.stringify([row, another, another])])).toEqual([]);
    expect(await storedIds()).toEqual([id, another.id]);
  });

  it('says what is wrong instead of failing the transaction, and stores nothing of the batch', async () => {
    await addEventsAt(ACCEPTED, 1);
    const [row = {}] = (await one('SELECT jsonb_agg(to_jsonb(e)) FROM audit_event e')) as Row[]; // as above
    await query('SELECT audit_event_make_partition(now())');
    const batch = [
      { ...row, id: uuidv7() },
      { ...row, id: uuidv7(), outcome: 'perhaps' },
    ];
    expect(await rows('SELECT * FROM audit_event_append($1)', [JSON.stringify(batch)])).toMatchObject([
      { code: '23514', constraint: 'audit_event_outcome_limit' },
    ]);
    const nameless = [{ ...row, id: uuidv7(), type: null }];
    expect(await rows('SELECT * FROM audit_event_append($1)', [JSON.stringify(nameless)])).toMatchObject([
      { code: '23502', column: 'type' },
    ]);
    expect(await storedIds()).toHaveLength(1);
  });
});

describe('audit_event_enqueue', () => {
  it('puts what a statement stored into the queue, in the order of the ids, and nothing for a replay', async () => {
    const ids = await addEventsAt(ACCEPTED, 3);
    const queue = () => rows('SELECT event_ids, leaf_hashes FROM audit_unsequenced');
    const hashes = await one('SELECT array_agg(leaf_hash ORDER BY id) FROM audit_event');
    expect(await queue()).toEqual([{ event_ids: ids, leaf_hashes: hashes }]);
    await query('INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT DO NOTHING');
    expect(await queue()).toHaveLength(1);
  });
});
