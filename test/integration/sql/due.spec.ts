import { describe, expect, it } from '@jest/globals';
import { defineAuditEvents } from '../../../src/audit/index.js';
import { Catalogue } from '../../../src/audit/nest-free.js';
import { policyOf } from '../../../src/monitoring/keep/lifecycle/retention/retention-options.js';
import { ACCEPTED, DAY_MS, EVENT, RULES, dueAt, eventRow, type Row, useSqlScene } from '../../support/sql-scene.js';

const { one, query } = useSqlScene();

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

describe('audit_retention_days', () => {
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
    expect(await days(RULES, { metadata: { retentionDays: 0 } })).toBe(30);
    expect(await days(RULES, { metadata: { retentionDays: -1 } })).toBe(30);
  });
});

const own = defineAuditEvents({
  card_read: { action: 'card_reading', outcome: 'success', category: 'payment', compliance: ['pci_dss'] },
});
const catalogue = new Catalogue(own);

it.each([
  ['user_login_failed', 365],
  ['user_login_denied', 365],
  ['user_login_partial', 365],
  ['role_assignment_denied', 365],
  ['admin_config_change_denied', 365],
  ['permission_change_denied', 365],
  ['card_read', 365],
  ['card_reading_partial', 365],
  ['order_creation_denied', 90],
  ['parcel_scan_partial', 90],
])('the days of a compliance tag keep %s for %d days', async (name, expected) => {
  const { type, action, outcome } = catalogue.resolve(name);
  const row = eventRow({ type, action, outcome });
  expect(await one(`SELECT audit_retention_days(${EVENT}, $2)`, [row, policyOf({ days: 90 }, catalogue)])).toBe(
    expected,
  );
});

describe('audit_is_due', () => {
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
    await query(`SET LOCAL timezone = 'Europe/Berlin'`);
    const days = 100; // across the change to summer time
    expect([await isDue(dueAt(days), { days }), await isDue(dueAt(days, 1), { days })]).toEqual([false, true]);
  });

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
