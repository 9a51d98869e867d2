import { describe, expect, it } from '@jest/globals';
import { kept, testDatabase } from '../support/kept.js';
import { ApiClient } from '../support/api-client.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { runSql } from '../support/sql.js';

const ADA = { email: 'ada@example.com', password: 'a rather long secret', name: 'Ada Lovelace' } as const;
const ITEM = { sku: 'for Ada Lovelace', quantity: 2, unitPriceCents: 450 } as const;

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url));
const admin = new ApiClient(app.url);
const ada = new ApiClient(app.url, { 'user-agent': 'ada-browser/1.0' });
const adaId = String((await ada.send('POST', '/auth/register', ADA)).body.id);
await ada.logIn(ADA.email, ADA.password);
await admin.logIn(ADMIN.email, ADMIN.password);
const storeId = String((await admin.send('POST', '/admin/stores', { name: 'Corner shop' })).body.id);
await admin.send('POST', `/admin/stores/${storeId}/members`, { userId: adaId, role: 'cashier' });
const orderId = String((await ada.send('POST', '/orders', { items: [ITEM], storeId })).body.id);
await ada.send('POST', `/orders/${orderId}/cancel`, { reason: 'I, Ada Lovelace, moved to Paris' });

describe("one's own account", () => {
  it('is exported with what every module keeps, and without a secret', async () => {
    const { status, headers, body } = await ada.send('POST', '/me/data-export');

    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({
      userId: adaId,
      sections: {
        account: {
          email: ADA.email,
          name: ADA.name,
          sessions: [{ revokedAt: null }],
          securityLog: expect.arrayContaining([expect.objectContaining({ type: 'user_registered' })]),
        },
        orders: [{ id: orderId, totalCents: 900, items: [ITEM] }],
        memberships: { stores: [{ userId: adaId, role: 'cashier' }] },
      },
    });
    expect(JSON.stringify(body)).not.toContain('argon2');
  });

  it('is deleted: nobody can log in with it, and nothing in the modules names the person', async () => {
    expect((await ada.send('DELETE', '/me', { password: ADA.password })).status).toBe(204);

    expect((await ada.send('GET', '/auth/me')).status).toBe(401);
    expect(await new ApiClient(app.url).logIn(ADA.email, ADA.password)).toBe(401);
    const nobody = `${adaId}@deleted.invalid`;
    expect(await new ApiClient(app.url).logIn(nobody, ADA.password)).toBe(401);
    expect(
      await runSql(database.url, 'SELECT email, name, active, roles FROM auth_user WHERE id = $1', [adaId]),
    ).toEqual([{ email: nobody, name: 'Deleted account', active: false, roles: [] }]);
    for (const table of [
      'auth_user',
      'auth_session',
      'security_log',
      'orders_order',
      'order_timeline',
      'tenancy_member',
    ]) {
      const rows = await runSql(database.url, `SELECT row_to_json(t)::text AS row FROM ${table} t`);
      expect(JSON.stringify(rows)).not.toMatch(/ada@example|Lovelace|ada-browser/);
    }
    expect(await admin.send('GET', `/orders/${orderId}`)).toMatchObject({
      status: 200,
      body: { id: orderId, totalCents: 900, ownerId: adaId, cancelReason: null, items: [{ ...ITEM, sku: 'erased' }] },
    });
  });

  it('stays as it is, in every module, when it is the last administrator', async () => {
    const count = `SELECT (SELECT count(*)::int FROM auth_session WHERE user_id = u.id) AS sessions, active
      FROM auth_user u WHERE email = $1`;
    const before = await runSql(database.url, count, [ADMIN.email]);
    const { status, body } = await admin.send('DELETE', '/me', { password: ADMIN.password });

    expect(status).toBe(409);
    expect(body.message).toBe(
      'Cannot do this to the account: it is the last administrator. Make another account an administrator first.',
    );
    expect(await runSql(database.url, count, [ADMIN.email])).toEqual(before);
    expect((await admin.send('GET', '/auth/me')).status).toBe(200);
  });
});
