import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditContext } from '../../src/audit/index.js';
import { command as query } from '../../src/cli/commands/query.command.js';
import { keptApp, testDatabase } from '../support/kept.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { today } from '../support/today.js';

const ADA = { type: 'user', id: 'u-1', name: 'Ada' } as const;
const ORDER = { type: 'order', id: 'o-1' } as const;

const database = await testDatabase();
const { app } = await keptApp(startLedgerApp(database.url));
const audit = app.get(AuditAggregator);

interface Answer {
  readonly types: readonly string[];
  readonly notes: readonly string[];
}

async function find(words: string): Promise<Answer> {
  const { exitCode, output = '' } = await query.run([words, 'order=asc', '--json', '--database-url', database.url]);
  expect(exitCode).toBe(0);
  const page = JSON.parse(output) as { readonly items: readonly { readonly type: string }[]; notes?: string[] };
  return { types: page.items.map(({ type }) => type), notes: page.notes ?? [] };
}

await today(); // one question is for the events of today
const inEmptyLedger = await find('ada');
await audit.record('order_created', { actor: ADA, resource: ORDER });
await audit.record('order_canceled', { actor: ADA, resource: ORDER });
await audit.record('order_cancellation', { actor: { type: 'user', id: 'u-2' }, resource: ORDER, outcome: 'denied' });
await audit.record('user_login_success', { actor: ADA });
await audit.record('user_login_failed', { actor: { type: 'anonymous' }, reason: 'invalid_password' });
await audit.record('user_mfa_disabled', { actor: ADA });
await audit.record('invoice_approval', { actor: ADA, resource: { type: 'invoice', id: 'i-1' } });
await audit.record('oauth_authorize', { actor: ADA });
await audit.record('user_registered', { actor: { type: 'user', id: 'u-7', name: 'Grace Hopper' } });
await audit.record('user_registered', { actor: { type: 'user', id: 'u-8', name: 'Grant Hill' } });
await audit.record('admin_user_suspension', { actor: ADA, resource: { type: 'user', id: 'u-8' } });
await audit.record('role_assignment', {
  actor: ADA,
  resource: { type: 'user', id: 'u-7' },
  details: { roleName: 'manager' },
});
await AuditContext.run({ credentialId: 'k-17' }, () =>
  audit.record('stock_adjustment', { actor: ADA, outcome: 'failure', details: { totalCents: 15_000 } }),
);
await audit.record('api_key_creation', { actor: ADA, resource: { type: 'api_key', id: 'k-17' } });

describe('the words of the sentences that the viewer shows', () => {
  it.each([
    ['cancelled', ['order_canceled']],
    ['canceled', ['order_canceled']],
    ['cancel', ['order_canceled', 'order_cancellation_denied']],
    ['Ada cancelled the order', ['order_canceled']],
    ['tried to cancel', ['order_cancellation_denied']],
    ['logged in', ['user_login_success']],
    ['who signed in today', ['user_login_success']],
    ['placed order', ['order_created']],
    ['bought', ['order_created']],
    ['orders by Ada', ['order_created', 'order_canceled']],
    ['wrong password', ['user_login_failed']],
    ['turned off the second factor', ['user_mfa_disabled']],
    ['Ada approved the invoice', ['invoice_approval']],
    ['authorised', ['oauth_authorize']],
    ['authorized', ['oauth_authorize']],
    ['who changed grace role', ['role_assigned']],
    ['who suspended Grant', ['admin_user_suspended']], // whose name is also a verb
    ["who changed Grace's role", ['role_assigned']],
    [
      'failed or denied in the last hour',
      ['order_cancellation_denied', 'user_login_failed', 'stock_adjustment_failed'],
    ],
    ['what was done with API key k-17', ['stock_adjustment_failed', 'api_key_created']],
    ['token k-17', ['stock_adjustment_failed']],
  ])('find the events: %s', async (words, types) => {
    expect((await find(words)).types).toEqual(types);
  });
});

describe('a query that finds nothing', () => {
  it.each([
    ['Ada canelled', 'canelled: no event has this word; did you mean cancelled?'],
    ['Ada zzzz since:-7d', 'zzzz: no event in this range of time has this word'],
    ['actor:nobody outcome:denied', 'actorId=nobody: no event matches this'],
    ['actor:u-1 outcome:denied', 'events match without outcome=denied, or without actorId=u-1'],
    ['cancelled related:order/o-9', 'related=order/o-9: no event matches this'],
    ['cancelled to:-7d', 'cancelled: no event in this range of time has this word'],
    ['type:order_canceled to:-7d', 'events match in all time'],
    ['stock over 100', 'details.amount: no recent event has this field; did you mean details.totalCents?'],
  ])('names the part that failed: %s', async (words, note) => {
    expect(await find(words)).toEqual({ types: [], notes: [note] });
  });

  it('never names the filter that leaves out reads of the ledger', () => {
    expect(inEmptyLedger).toEqual({ types: [], notes: ['ada: no event has this word'] });
  });
});
