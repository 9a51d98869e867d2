import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../../support/eventually.js';
import { ACCEPTED, EVENT, at, eventRow, type Row, useSqlScene } from '../../support/sql-scene.js';

const { hold, locksOfHolds, one, query, superuserUrl } = useSqlScene();

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

it('audit_is_held is true while any hold covers the event', async () => {
  const isHeld = () => one(`SELECT audit_is_held(${EVENT})`, [eventRow()]);
  expect(await isHeld()).toBe(false);
  await hold({ tenant_id: 'other' });
  expect(await isHeld()).toBe(false);
  const id = await hold({ tenant_id: 'acme' });
  expect(await isHeld()).toBe(true);
  await query('UPDATE audit_legal_hold SET released_at = now() WHERE id = $1', [id]);
  expect(await isHeld()).toBe(false);
});

describe('the lock of holds', () => {
  it('is taken by an erasure', async () => {
    await query('SELECT audit_erase($1)', [[]]);
    expect(await locksOfHolds()).toEqual(['ShareLock']);
  });

  it('makes who places a hold wait for the erasure under way', async () => {
    await query('SELECT audit_erase($1)', [[]]);
    const counsel = new pg.Client({ connectionString: superuserUrl(), application_name: 'counsel' });
    await counsel.connect();
    try {
      const placed = counsel.query(`
        INSERT INTO audit_legal_hold (id, placed_by, reason, tenant_id)
        VALUES (gen_random_uuid(), 'counsel', 'lawsuit', 'of-nobody')`);
      const waits = () =>
        one(
          `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'counsel' AND wait_event_type = 'Lock'`,
        );
      await eventually(async () => ((await waits()) === 1 ? true : undefined));
      await query('ROLLBACK');
      await placed;
      await counsel.query('DELETE FROM audit_legal_hold');
    } finally {
      await counsel.end();
    }
  });
});
