import { describe, expect, it } from '@jest/globals';
import { Catalogue, defineAuditEvents } from '../../../audit/index.js';
import { daysToKeep, policyOf, type RetentionRules } from './retention-policy.js';

const read = (rules: RetentionRules, catalogue = new Catalogue()): Readonly<Record<string, Record<string, number>>> =>
  JSON.parse(policyOf(rules, catalogue)) as Readonly<Record<string, Record<string, number>>>;

describe('the policy of rules', () => {
  it('gives event types with a compliance tag its days, and leaves out what is shorter than the days of all', () => {
    expect(read({ days: 90 })).toMatchObject({ days: 90, categories: {}, tenants: {} });
    expect(read({ days: 90 }).eventTypes).toMatchObject({ user_login_failed: 365, admin_backup_created: 365 });
    expect(read({ days: 400 }).eventTypes).toEqual({});
    expect(read({ days: 90, compliance: { soc2: 730 } }).eventTypes).toMatchObject({ admin_backup_created: 730 });
  });

  it('takes the longer of what is asked for an event type and of its tags, and 0 for ever', () => {
    expect(read({ days: 90, eventTypes: { user_login_failed: 400 } }).eventTypes?.user_login_failed).toBe(400);
    expect(read({ days: 90, eventTypes: { user_login_failed: 100 } }).eventTypes?.user_login_failed).toBe(365);
    expect(read({ days: 90, eventTypes: { user_login_failed: 'forever' } }).eventTypes?.user_login_failed).toBe(0);
    expect(read({ days: 'forever' })).toEqual({ days: 0, categories: {}, eventTypes: {}, tenants: {} });
  });

  it('knows an alias by what it stands for', () => {
    expect(read({ days: 90, eventTypes: { login_failure: 400 } }).eventTypes).toMatchObject({ user_login_failed: 400 });
  });

  it('knows the tags of a team’s own event types', () => {
    const own = defineAuditEvents({
      card_read: { action: 'card_reading', outcome: 'success', category: 'payment', compliance: ['pci_dss'] },
    });
    expect(read({ days: 90 }, new Catalogue(own)).eventTypes?.card_read).toBe(365);
  });

  it('takes whole days up to 36,500, and no others', () => {
    expect(read({ days: 36_500 })).toMatchObject({ days: 36_500 });
    for (const days of [36_501, -1, 1.5, NaN]) {
      expect(() => policyOf({ days }, new Catalogue())).toThrow(/not a whole number of days up to 36500/);
    }
  });

  it('refuses what would do nothing', () => {
    for (const rules of [
      { categories: { order: 30 } },
      { tenants: { acme: 89 } },
      { eventTypes: { order_created: 1 } },
    ]) {
      expect(() => policyOf({ days: 90, ...rules }, new Catalogue())).toThrow(/the longest counts/);
    }
  });
});

describe('how long a policy keeps an event', () => {
  const policy = policyOf(
    { days: 30, categories: { payment: 'forever' }, eventTypes: { login_note: 60 }, tenants: { acme: 90 } },
    new Catalogue(),
  );
  it.each([
    ['the days of all', {}, 30],
    ['those of its type', { type: 'login_note' }, 60],
    ['the longest of its rules', { type: 'login_note', tenantId: 'acme' }, 90],
    ['for ever by its category', { category: 'payment', tenantId: 'acme' }, undefined],
    ['a tenant with the name of something else', { tenantId: 'constructor' }, 30],
    ['what it says itself, rounded up', { metadata: { retentionDays: 40.5 } }, 41],
    ['nothing less than the days of all', { metadata: { retentionDays: 1 } }, 30],
    ['the acts of holds for ever', { type: 'audit_hold_placed' }, undefined],
  ])('%s', (_what, event, days) => {
    expect(daysToKeep({ type: 'x', category: 'y', ...event }, policy)).toBe(days);
  });
});
