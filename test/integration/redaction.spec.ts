import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditContext, AuditModule, type AuditEvent } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { keptApp, testDatabase } from '../support/kept.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { settled } from '../support/settled.js';

const person = { actor: { id: 'u-1', name: 'Ada' }, ip: '203.0.113.7', userAgent: 'curl/8' };

const database = await testDatabase();
const pseudonymKey = 'a key of at least 32 characters.';
const options = { anonymize: ['profile_view'], pseudonymKey, sensitiveFields: ['salary'], factFields: ['ean'] };
const { app } = await keptApp(startLedgerApp(database.url, { audit: options }));
const audit = app.get(AuditAggregator);

async function stored(id: string): Promise<AuditEvent | undefined> {
  await settled(database);
  return app.get(AuditQuery).findOne({ scope: 'all' }, id);
}

describe('in the ledger', () => {
  it('an anonymised event has pseudonyms, the same for the same person, and the address is found by its own', async () => {
    const ids = await AuditContext.run(person, async () => [
      (await audit.record('profile_view', { details: { email: 'ada@example.com' } })).eventId,
      (await audit.record('user_updated', { details: { email: 'Ada@example.com' } }, { anonymize: true })).eventId,
    ]);
    const [first, second] = await Promise.all(ids.map(stored));

    expect(JSON.stringify([first, second])).not.toMatch(/Ada|ada@|203\.0|curl/);
    expect(first?.request?.ip).toMatch(/^2001:db8:/);
    expect(second).toMatchObject({ actor: first?.actor, request: first?.request, details: first?.details });
  });

  it('what changed is there, redacted as the application says', async () => {
    const [before, after] = [
      { name: 'Ada', salary: 1, items: ['tea'] },
      { name: 'Ada', salary: 2, items: ['milk', 'tea'] },
    ];
    const diff = [
      { path: '/salary', from: '[REDACTED]', to: '[REDACTED]' },
      { path: '/items/0', to: 'milk' },
    ];
    const { eventId } = await audit.record('user_updated', { changes: { before, after } });

    expect((await stored(eventId))?.changes?.diff).toEqual(diff);
    expect(audit.diff(before, after)).toEqual(diff);
  });

  it('what identifies is kept, and so is a declared fact', async () => {
    const id = '4111111111111111';
    const resource = { type: 'order', id };
    const details = { text: `paid with ${id}`, ean: id, plan: 'Basic Subscription' };
    const { eventId } = await audit.record('order_viewed', { actor: { id }, resource, related: [resource], details });

    expect(await stored(eventId)).toMatchObject({
      actor: { id },
      resource,
      related: [resource],
      details: { ...details, text: 'paid with [REDACTED]' },
    });
  });

  it('what is cut is marked, and counted', async () => {
    const counted = audit.truncatedEvents;
    const { eventId } = await audit.record('user_updated', { details: { text: 'x'.repeat(10_000_000) } });
    await audit.record('user_updated');

    expect((await stored(eventId))?.truncated).toBe(true);
    expect(audit.truncatedEvents).toBe(counted + 1);
  });
});

it('anonymising without a key stops the boot', () => {
  expect(() => AuditModule.forRoot({ anonymize: true })).toThrow(
    expect.objectContaining({ code: 'AUDIT_OPTIONS_INVALID' }),
  );
});
