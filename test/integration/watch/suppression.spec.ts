import { afterEach, describe, expect, it } from '@jest/globals';
import { AuditContext, type AuditEvent } from '../../../src/audit/index.js';
import { Alerts, Threads, type Alert, type Reply } from '../../../src/rooms/watch/index.js';
import { Suppressions } from '../../../src/rooms/watch/alerts/suppressions.service.js';
import type { NewSuppression } from '../../../src/rooms/watch/alerts/suppression.dto.js';
import { eventually, freshKeyFile, kept, sampleEvent, testDatabase } from '../../support/index.js';
import { startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';
import { store, watched } from '../../support/watched.js';

const ALL = { scope: 'all' } as const;
const RITA = { actor: { type: 'user', id: 'rita' } } as const;
const HOUR_MS = 3_600_000;

const database = await testDatabase();
const chat = await kept(startWebhookReceiver());
const toChat = { name: 'alerts-chat', filter: { type: 'alert_raised' }, personal: 'omit' } as const;
const streams = [{ ...toChat, destination: chat.destination }];
const app = await kept(startStreamApp(database, freshKeyFile(), streams, { watch: {} }));
await watched(database);
afterEach(async () => {
  const { items } = await suppressions().list(ALL, { isActive: true });
  for (const { id } of items) await end(id, 'the test is over');
});

function suppressions(): Suppressions {
  return app.app.get(Suppressions);
}

async function end(id: string, comment: string): Promise<Reply | undefined> {
  return AuditContext.run(RITA, () => app.app.get(Threads).reply(ALL, 'suppression', id, { kind: 'end', comment }));
}

async function suppress(target: Partial<NewSuppression>): Promise<string> {
  const until = new Date(Date.now() + HOUR_MS).toISOString();
  const started = await AuditContext.run(RITA, () =>
    suppressions().start(ALL, { until, reason: 'a load test', ...target }),
  );
  return String(started?.id);
}

async function attacked(username: string, tenantId = 'acme', attempts = 10): Promise<readonly Alert[]> {
  const failed = (): AuditEvent =>
    sampleEvent({
      ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
      ...{ actor: { type: 'anonymous' }, tenantId, details: { username } },
      request: { id: 'r-1', ip: '203.0.113.7' },
    });
  await store(database, Array.from({ length: attempts }, failed));
  await watched(database);
  const alerts = app.app.get(Alerts);
  const found = [await alerts.list(ALL), await alerts.list(ALL, { state: 'suppressed' })];
  return found.flatMap(({ items }) => items).filter(({ group }) => group?.account === username);
}

it('a stream of alerts alone tells a chat of an attack, with what matters', async () => {
  await attacked('ada@shop.example');
  const events = await eventually(() => {
    const sent = chat.accepted().flatMap((batch) => batch.events);
    return sent.length > 0 && sent;
  });

  expect(events.map(({ event }) => event)).toMatchObject([
    {
      ...{ type: 'alert_raised', severity: 'error', tenantId: 'acme' },
      details: { rule: 'brute_force', level: 'high', title: 'Many log-ins failed for one account', matchedCount: 10 },
    },
  ]);
  expect(JSON.stringify(events)).not.toContain('ada@');
});

describe('a suppression', () => {
  it('of a rule keeps all of its alerts back, counted and shown, until it is ended', async () => {
    const id = await suppress({ rule: 'brute_force' });
    expect(await attacked('ada')).toMatchObject([{ state: 'suppressed', suppressionId: id, matchedCount: 10 }]);
    expect(await attacked('bea')).toMatchObject([{ state: 'suppressed', suppressionId: id }]);
    expect((await suppressions().list(ALL)).items).toMatchObject([
      { id, rule: 'brute_force', isActive: true, reason: 'a load test', suppressed: 2 },
    ]);
    expect(await end(id, 'it is over')).toMatchObject({ to: id, comment: 'it is over', changed: true });
    expect(await attacked('cem')).toMatchObject([{ state: 'open' }]);
    expect(await end(id, 'again')).toMatchObject({ comment: 'it is over', changed: false });
    expect((await suppressions().list(ALL)).items).toMatchObject([{ id, isActive: false, suppressed: 2 }]);
  });

  it('withholds an attack once; the first match after its end raises it, once', async () => {
    const id = await suppress({ rule: 'brute_force', group: { account: 'kim' } });
    const withheld = { state: 'suppressed', suppressionId: id, matchedCount: 10 };
    expect(await attacked('kim')).toMatchObject([withheld]);
    expect(await attacked('kim', 'acme', 3)).toMatchObject([withheld]);
    await end(id, 'the test is over');
    expect(await attacked('lea', 'acme', 9)).toEqual([]);
    expect(await attacked('kim', 'acme', 2)).toMatchObject([{ state: 'open', matchedCount: 10 }, withheld]);
    expect(await attacked('kim', 'acme', 20)).toMatchObject([{ state: 'open', matchedCount: 10 }, withheld]);
    await suppress({ rule: 'brute_force', group: { account: 'kim' } });
    expect(await attacked('kim', 'acme', 20)).toHaveLength(2);
  });

  it('that follows another at once keeps the attack withheld, by the first', async () => {
    const first = await suppress({ rule: 'brute_force', group: { account: 'max' } });
    const withheld = [{ state: 'suppressed', suppressionId: first }];
    expect(await attacked('max')).toMatchObject(withheld);
    await suppress({ rule: 'brute_force' });
    await end(first, 'the other one is in force');
    expect(await attacked('max', 'acme', 5)).toMatchObject(withheld);
  });

  it('of what is like an alert has its rule, group and tenant', async () => {
    const [alert] = await attacked('gil', 'north');
    await suppress({ alertId: String(alert?.id) });
    const [suppression] = (await suppressions().list(ALL, { isActive: true })).items;
    expect(suppression).toMatchObject({
      rule: 'brute_force',
      group: { account: 'gil' },
      tenantId: 'north',
    });
  });

  it('whose group was erased suppresses nothing, not everything', async () => {
    const id = await suppress({ rule: 'brute_force', group: { account: 'hal' } });
    expect((await suppressions().inForce()).map((each) => each.group)).toEqual([{ account: 'hal' }]);
    await database.sql(`SELECT audit_erase(ARRAY['${id}'::uuid])`);
    expect(await suppressions().inForce()).toMatchObject([{ id, group: undefined, groupFields: ['account'] }]);
    expect(await attacked('ida')).toMatchObject([{ state: 'open' }]);
  });

  it.each([
    [{ rule: 'review_missing' }, 'review_missing is a check of the ledger itself, which nobody can suppress'],
    [{ rule: 'brute_forc' }, 'no rule has the name brute_forc (did you mean brute_force?)'],
    [{ rule: 'brute_force', until: '2026-01-01' }, 'until is 2026-01-01'],
    [{ rule: 'brute_force', until: '2099-01-01' }, 'within the next 366 days'],
    [{ rule: 'brute_force', group: { acount: 'x' } }, 'brute_force groups its alerts by account, not by acount'],
    [{ rule: 'events_lost', group: { account: 'x' } }, 'events_lost does not group its alerts.'],
    [{}, 'neither rule nor alertId is given'],
  ])('is refused where it makes no sense: %j', async (target, problem) => {
    await expect(suppress(target)).rejects.toThrow(problem);
    expect((await suppressions().list(ALL, { isActive: true })).items).toEqual([]);
  });
});
