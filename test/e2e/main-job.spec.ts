import { describe, expect, it } from '@jest/globals';
import {
  ADAPTERS,
  ApiClient,
  closeAfterTests,
  closeEach,
  settled,
  testDatabase,
  type ShownEvent,
} from '../support/index.js';
import { findInDatabase } from '../support/find-in-database.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { unsealed } from '../support/unsealed.js';
import { getRequestId, textOfRequestId } from '../support/request-ids.js';

const ALICE = { email: 'alice@example.com', password: 'alice has a secret', name: 'Alice' } as const;
const ITEMS = [{ sku: 'tea', quantity: 2, unitPriceCents: 450 }] as const;

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const app = await closeAfterTests(startReferenceApp(database.url, { HTTP_ADAPTER: adapter }));
  const alice = new ApiClient(app.url, { 'user-agent': 'alice-browser/1.0', cookie: 'sid=a-secret-cookie' });
  const admin = new ApiClient(app.url);
  return { database, app, alice, admin };
});

describe.each(scenes)('the main job, on $adapter', ({ database, app, alice, admin }) => {
  let aliceId: string;
  let orderId: string;
  const as = (requestId: string) => ({ 'x-request-id': getRequestId(requestId) });

  it('does what a caller asks, and answers with the fixed shapes', async () => {
    const registered = await alice.send('POST', '/auth/register', ALICE, as('r-1'));
    expect(registered).toMatchObject({ status: 201, body: { email: ALICE.email } });
    aliceId = String(registered.body.id);

    expect(await alice.logIn(ALICE.email, 'not the password', as('r-2'))).toBe(401);
    expect(await alice.logIn(ALICE.email, ALICE.password, as('r-3'))).toBe(200);
    expect(await alice.send('GET', '/auth/me')).toMatchObject({
      status: 200,
      body: { id: aliceId, email: ALICE.email, name: ALICE.name, roles: ['user'] },
    });

    const ordered = await alice.send('POST', '/orders', { items: ITEMS }, as('r-4'));
    expect(ordered).toMatchObject({ status: 201, body: { status: 'new', totalCents: 900 } });
    orderId = String(ordered.body.id);
    const canceled = await alice.send('POST', `/orders/${orderId}/cancel`, { reason: 'changed my mind' }, as('r-5'));
    expect(canceled.status).toBe(200);

    expect((await alice.send('POST', '/admin/stores', { name: 'Mine' }, as('r-6'))).status).toBe(403);
    expect((await alice.send('POST', '/orders', { items: [{ sku: '' }] }, as('r-7'))).status).toBe(400);
    expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
  });

  it('has exactly these events in the ledger, each with its context', async () => {
    await settled(database);
    const events = [...(await admin.events())]
      .reverse()
      .filter(({ request }) => textOfRequestId(request?.id).startsWith('r-'));

    expect(
      events.map(({ type, outcome, request }) => [textOfRequestId(request?.id), type, outcome, request?.statusCode]),
    ).toEqual([
      ['r-1', 'user_registered', 'success', 201],
      ['r-2', 'user_login_failed', 'failure', 401],
      ['r-3', 'user_login_success', 'success', 200],
      ['r-4', 'order_created', 'success', 201],
      ['r-5', 'order_canceled', 'success', 200],
      ['r-6', 'store_creation_denied', 'denied', 403],
      ['r-7', 'order_creation_failed', 'failure', 400],
    ]);
    for (const event of events) {
      const account = { type: 'user', id: aliceId };
      // Nobody acts in a failed log-in: the account is the resource.
      if (event.type === 'user_login_failed')
        expect(event).toMatchObject({ actor: { type: 'anonymous' }, resource: account });
      else expect(event.actor).toMatchObject(account);
      expect(event.request).toMatchObject({
        ip: '127.0.0.1',
        userAgent: 'alice-browser/1.0',
        method: 'POST',
        route: expect.stringMatching(/^\//),
        durationMs: expect.any(Number),
      });
      expect(unsealed(await showOne(event.id))).toEqual(unsealed(event));
    }
    expect(byRequest(events, 'r-2').reason).toBe('invalid_password');
    expect(byRequest(events, 'r-4').resource).toEqual({ type: 'order', id: orderId, name: '2 × tea' });
    expect(byRequest(events, 'r-5').resource).toEqual({ type: 'order', id: orderId, name: '2 × tea' });
    expect(byRequest(events, 'r-5').request?.route).toBe('/orders/:id/cancel');
    expect(byRequest(events, 'r-7').reason).toBe('validation');
  });

  it('shows each module its own view of the same events', async () => {
    const timeline = await alice.send<{ items: { type: string }[] }>('GET', `/orders/${orderId}/timeline`);
    expect(timeline.body.items.map(({ type }) => type)).toEqual(['order_created', 'order_canceled']);

    const log = await alice.send<{ items: { type: string }[] }>('GET', '/auth/me/security-log');
    expect(log.body.items.map(({ type }) => type)).toEqual([
      'user_login_success',
      'user_login_failed',
      'user_registered',
    ]);

    const store = await admin.send('POST', '/admin/stores', { name: 'Corner shop' }, as('a-1'));
    expect(store.status).toBe(201);
    const path = `/admin/stores/${String(store.body.id)}/members`;
    expect((await admin.send('POST', path, { userId: aliceId, role: 'staff' }, as('a-2'))).status).toBe(201);
    const adminLog = await admin.send<{ items: object[] }>('GET', '/admin/audit-log');
    expect(adminLog.body.items.slice(0, 2)).toMatchObject([
      {
        action: 'role_assignment',
        targetType: 'user',
        targetId: aliceId,
        requestId: getRequestId('a-2'),
        ipAddress: '127.0.0.1',
      },
      { action: 'store_creation', targetType: 'store', targetId: store.body.id, requestId: getRequestId('a-1') },
    ]);
    await settled(database);
    expect(await admin.events('type=store_created')).toMatchObject([
      { tenantId: store.body.id, category: 'administration' },
    ]);
  });

  it('keeps no password, token or cookie anywhere', async () => {
    const secrets = [ALICE.password, ADMIN.password, 'not the password', 'a-secret-cookie', String(alice.token)];
    expect(await findInDatabase(database.url, secrets)).toEqual([]);
    for (const secret of secrets) expect(app.logged()).not.toContain(secret);
    expect(app.logged()).toContain('/auth/login'); // the log was kept
  });

  it('shows people what is about them, and the whole ledger to auditors and administrators alone', async () => {
    expect((await new ApiClient(app.url).send('GET', '/audit/events')).status).toBe(401);
    const own = await alice.events();
    expect(own.length).toBeGreaterThan(3);
    for (const { actor, resource } of own) expect([actor.id, resource?.id]).toContain(aliceId);
    const [byAnother] = await admin.events('type=store_created');
    expect((await alice.send('GET', `/audit/events/${String(byAnother?.id)}`)).status).toBe(404);
    await database.sql(`UPDATE auth_user SET roles = '{auditor}' WHERE id = '${aliceId}'`);
    expect((await alice.send('GET', '/audit/events')).status).toBe(200);
  });

  async function showOne(id: string): Promise<ShownEvent> {
    return (await admin.send<ShownEvent>('GET', `/audit/events/${id}`)).body;
  }
});

function byRequest(events: readonly ShownEvent[], requestId: string): ShownEvent {
  const found = events.find(({ request }) => request?.id === getRequestId(requestId));
  if (!found) throw new Error(`no event of the request ${requestId}`);
  return found;
}
