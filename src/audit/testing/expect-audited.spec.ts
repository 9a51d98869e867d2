import { afterEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { AuditAggregator } from '../audit-aggregator.service.js';
import { AuditTestingModule } from './audit-testing.module.js';
import { expectAudited, expectNotAudited } from './expect-audited.js';
import { InMemoryAuditProvider } from './in-memory-audit.provider.js';
import { hasCode } from '../../base/errors/error-facts.js';

const OWN_EVENT = {
  name: 'kettle_boiled',
  action: 'kettle_boiling',
  outcome: 'success',
  category: 'kitchen',
  aliases: ['tea_water_hot'],
} as const;

const apps: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function bootedApp() {
  const testing = await Test.createTestingModule({
    imports: [AuditTestingModule.forRoot({ events: [OWN_EVENT] })],
  }).compile();
  apps.push(testing);
  return testing.init();
}

async function appWithEvents() {
  const app = await bootedApp();
  const audit = app.get(AuditAggregator);
  await audit.record('user_login_failed', {
    actor: { type: 'user', id: 7, name: 'Ada' },
    reason: 'locked',
    details: { attempts: 3 },
    metadata: { from: { city: 'Basel' } },
  });
  await audit.record('order_created', { actor: { type: 'user', id: 8 }, resource: { type: 'order', id: 'o-1' } });
  return app;
}

function getMessage(expectation: () => unknown): string {
  try {
    expectation();
  } catch (error) {
    if (hasCode(error, 'AUDIT_EXPECTATION_FAILED')) return error.message;
    throw error;
  }
  throw new Error('It was expected to fail.');
}

describe('expectAudited', () => {
  it('returns the first event of that name that matches', async () => {
    const app = await appWithEvents();
    await app.get(AuditAggregator).record('order_created', { actor: { id: 9 } });

    expect(expectAudited(app, 'order_created')).toMatchObject({ actor: { id: '8' } });
    expect(expectAudited(app, 'order_created', { actor: { id: '9' } })).toMatchObject({ type: 'order_created' });
  });

  it('takes a name as record() does: an event type, an alias, or an action with an outcome, default success', async () => {
    const app = await appWithEvents();

    for (const name of ['user_login_failed', 'login_failure', 'order_creation']) expectAudited(app, name);
    expectAudited(app, 'user_login', { outcome: 'failure', metadata: { from: { city: /^B/ } } });
    expectAudited(app, 'user_login', { outcome: /failure|denied/ });
    expect(getMessage(() => expectAudited(app, 'user_login'))).toContain('user_login_failed');
    expect(() => expectAudited(app, 'No name')).toThrow(/"No name" is not an event name/);
  });

  it('fails with what was recorded instead, the closest first with its differences', async () => {
    const app = await appWithEvents();

    expect(
      getMessage(() =>
        expectAudited(app, 'login_failure', { reason: 'invalid', details: { attempts: 2 }, tenantId: 't' }),
      ),
    ).toBe(
      [
        "Cannot find an audit event login_failure with { reason: 'invalid', details: { attempts: 2 }, tenantId: 't' }: 2 events were recorded, the closest first:",
        '  - user_login_failed · failure · by anonymous · on user 7 · reason locked',
        "      reason: expected 'invalid', was 'locked'",
        '      details.attempts: expected 2, was 3',
        "      tenantId: expected 't', was absent",
        '  - order_created · success · by user 8 · on order o-1',
        'Correct the expectation or the code, and check only after the response or the awaited record().',
      ].join('\n'),
    );
  });
});

describe('expectNotAudited', () => {
  it('passes when no event of that name matches', async () => {
    const app = await appWithEvents();

    expectNotAudited(app, 'user_logout');
    expectNotAudited(app, 'user_login');
    expectNotAudited(app, 'user_login', { outcome: 'denied' });
    expectNotAudited(app.get(InMemoryAuditProvider), 'order_created', { resource: { id: 'o-2' } });
  });

  it('fails with the events that are there', async () => {
    const app = await appWithEvents();

    expect(getMessage(() => expectNotAudited(app, 'login_failure', { reason: 'locked' }))).toBe(
      [
        "Cannot confirm the absence of an audit event login_failure with { reason: 'locked' }: 1 event was recorded:",
        '  - user_login_failed · failure · by anonymous · on user 7 · reason locked',
        'Correct the expectation or the code, or clear() the events of earlier tests.',
      ].join('\n'),
    );
  });
});
