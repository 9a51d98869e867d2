import { describe, expect, it } from '@jest/globals';
import { Catalogue, defineAuditEvents } from '../../../../audit/nest-free.js';
import { resolvePolicy, type RetentionOptions } from './retention-options.js';
import { getRetentionDays } from './retention-policy.js';

const read = (rules: RetentionOptions, catalogue = new Catalogue()): Readonly<Record<string, Record<string, number>>> =>
  JSON.parse(resolvePolicy(rules, catalogue)) as Readonly<Record<string, Record<string, number>>>;

describe('the policy of rules', () => {
  it('applies the days of a compliance tag to its actions, and omits rules that are not longer than the minimum', () => {
    expect(read({ days: 90 })).toMatchObject({ days: 90, categories: {}, eventTypes: {}, tenants: {} });
    expect(read({ days: 90 }).actions).toMatchObject({ user_login: 365, admin_backup_creation: 365 });
    expect(read({ days: 400 }).actions).toEqual({});
    expect(read({ days: 90, compliance: { soc2: 730 } }).actions).toMatchObject({ admin_backup_creation: 730 });
  });

  it('uses the longer period of an action and its tags, and 0 as forever', () => {
    expect(read({ days: 90, actions: { user_login: 400 } }).actions?.user_login).toBe(400);
    expect(read({ days: 90, actions: { user_login: 100 } }).actions?.user_login).toBe(365);
    expect(read({ days: 90, actions: { user_login: 'forever' } }).actions?.user_login).toBe(0);
    expect(read({ days: 90, eventTypes: { user_login_failed: 400 } }).eventTypes).toEqual({ user_login_failed: 400 });
    expect(read({ days: 'forever' })).toEqual({ days: 0, actions: {}, categories: {}, eventTypes: {}, tenants: {} });
  });

  it('applies the days of a tag to all outcomes of an action', () => {
    const catalogue = new Catalogue();
    const { actions = {} } = read({ days: 90 });
    const untagged = ['denied', 'partial', 'attempted'] as const;
    for (const { action, compliance } of catalogue.knownTypes()) {
      if (!compliance.includes('pci_dss') && !compliance.includes('soc2')) continue;
      for (const outcome of untagged) expect(actions[catalogue.resolve(action, outcome).action]).toBe(365);
    }
  });

  it('applies the tags of a team’s own event types, also to outcomes that the team does not define', () => {
    const own = defineAuditEvents({
      card_read: { action: 'card_reading', outcome: 'success', category: 'payment', compliance: ['pci_dss'] },
    });
    const catalogue = new Catalogue(own);
    const { actions = {} } = read({ days: 90 }, catalogue);
    for (const name of ['card_read', 'card_reading_denied', 'card_reading_partial']) {
      expect(actions[catalogue.resolve(name).action]).toBe(365);
    }
  });

  it('accepts only whole days up to 36,500', () => {
    expect(read({ days: 36_500 })).toMatchObject({ days: 36_500 });
    for (const days of [36_501, -1, 1.5, NaN]) {
      expect(() => resolvePolicy({ days }, new Catalogue())).toThrow(/not a whole number of days up to 36500/);
    }
  });

  it('refuses rules without an effect', () => {
    for (const rules of [
      { categories: { order: 30 } },
      { tenants: { acme: 89 } },
      { eventTypes: { order_created: 1 } },
      { actions: { order_creation: 1 } },
    ]) {
      expect(() => resolvePolicy({ days: 90, ...rules }, new Catalogue())).toThrow(/the longest counts/);
    }
  });
});

describe('a policy retains an event for', () => {
  const policy = resolvePolicy(
    {
      days: 30,
      categories: { payment: 'forever' },
      eventTypes: { login_note: 60 },
      actions: { visit: 70 },
      tenants: { acme: 90 },
    },
    new Catalogue(),
  );
  it.each([
    ['the minimum', {}, 30],
    ['the days of its type', { type: 'login_note' }, 60],
    ['the days of its action', { type: 'login_note', action: 'visit' }, 70],
    ['the days of the longest rule', { type: 'login_note', tenantId: 'acme' }, 90],
    ['ever by its category', { category: 'payment', tenantId: 'acme' }, undefined],
    ['the minimum, for a tenant with the name of a built-in property', { tenantId: 'constructor' }, 30],
    ['its own retentionDays, rounded up', { metadata: { retentionDays: 40.5 } }, 41],
    ['at least the minimum', { metadata: { retentionDays: 1 } }, 30],
    ['the minimum if its own retentionDays is 0', { metadata: { retentionDays: 0 } }, 30],
    ['the minimum if its own retentionDays is negative', { metadata: { retentionDays: -1 } }, 30],
    ['ever if it is the act of a hold', { type: 'audit_hold_placed' }, undefined],
    ['ever if it shows that a consumer was added', { type: 'audit_consumer_changed' }, undefined],
  ])('%s', (_what, event, days) => {
    expect(getRetentionDays({ type: 'x', action: 'x', category: 'y', ...event }, policy)).toBe(days);
  });
});
