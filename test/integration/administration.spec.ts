import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { FeatureFlags, Settings } from '../../src/modules/administration/index.js';
import { StoreDirectory } from '../../src/modules/tenancy/index.js';
import { ApiClient } from '../support/api-client.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ADA = { email: 'ada@example.com', password: 'a rather long secret', name: 'Ada' } as const;

describe('administration', () => {
  let database: TestDatabase;
  let app: ReferenceApp;
  let admin: ApiClient;
  let ada: ApiClient;
  let adaId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startReferenceApp(database.url);
    admin = new ApiClient(app.url);
    ada = new ApiClient(app.url, { 'user-agent': 'ada-browser/1.0' });
    adaId = String((await ada.send('POST', '/auth/register', ADA)).body.id);
    await ada.logIn(ADA.email, ADA.password);
    await admin.logIn(ADMIN.email, ADMIN.password);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  describe('maintenance', () => {
    afterEach(() => admin.send('PUT', '/admin/maintenance', { enabled: false }));

    const begin = () => admin.send('PUT', '/admin/maintenance', { enabled: true, message: 'Back at noon' });

    it('serves administrators, logins and the health page, and tells everybody else why not', async () => {
      expect(await begin()).toMatchObject({ status: 200, body: { enabled: true, message: 'Back at noon' } });

      const refused = await ada.send('GET', '/auth/me');
      expect(refused.status).toBe(503);
      expect(refused.body.message).toBe(
        'Cannot serve the request: the application is under maintenance (Back at noon). Try again later.',
      );
      const stranger = new ApiClient(app.url);
      expect((await stranger.send('POST', '/auth/register', { ...ADA, email: 'bob@example.com' })).status).toBe(503);
      expect((await stranger.send('GET', '/health')).status).toBe(200);
      expect((await stranger.send('GET', '/healthy')).status).toBe(404);
      expect(await stranger.logIn(ADMIN.email, ADMIN.password)).toBe(200);
      expect((await stranger.send('GET', '/admin/stores')).status).toBe(200);
      expect(await admin.events('type=user_registration_denied')).toMatchObject([
        { outcome: 'denied', reason: 'maintenance_mode', severity: 'warning', request: { statusCode: 503 } },
      ]);
    });

    it('ends for everybody, with one event each way', async () => {
      await begin();
      expect((await admin.send('GET', '/admin/maintenance')).body).toEqual({ enabled: true, message: 'Back at noon' });
      await admin.send('PUT', '/admin/maintenance', { enabled: false });

      expect((await ada.send('GET', '/auth/me')).status).toBe(200);
      const events = await admin.events('resourceType=application');
      expect(events.slice(0, 2).map(({ type }) => type)).toEqual([
        'maintenance_mode_disabled',
        'maintenance_mode_enabled',
      ]);
    });

    it('is known to an instance that starts meanwhile', async () => {
      await begin();
      const other = await startReferenceApp(database.url);
      const { status } = await new ApiClient(other.url).send('POST', '/auth/register', ADA);
      await other.close();
      expect(status).toBe(503);
    });
  });

  describe('the roles of users', () => {
    it('hold from the next request on, until they are taken', async () => {
      const role = `/admin/users/${adaId}/roles/admin`;
      expect(await admin.send('PUT', role)).toMatchObject({
        status: 200,
        body: { id: adaId, roles: ['user', 'admin'] },
      });
      expect((await ada.send('GET', '/admin/stores')).status).toBe(200);

      expect(await admin.send('DELETE', role)).toMatchObject({ status: 200, body: { id: adaId, roles: ['user'] } });
      expect((await ada.send('GET', '/admin/stores')).status).toBe(403);
    });

    it('leave one administrator when two remove each other', async () => {
      const adminId = String((await admin.send('GET', '/auth/me')).body.id);
      await admin.send('PUT', `/admin/users/${adaId}/roles/admin`);
      const answers = await Promise.all([
        admin.send('DELETE', `/admin/users/${adaId}/roles/admin`),
        ada.send('DELETE', `/admin/users/${adminId}/roles/admin`),
      ]);

      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const left = await runSql(database.url, `SELECT 1 FROM auth_user WHERE roles @> ARRAY['admin']`);
      expect(left).toHaveLength(1);
      await runSql(database.url, `UPDATE auth_user SET roles = '{user,admin}' WHERE id = $1`, [adminId]);
      await runSql(database.url, `UPDATE auth_user SET roles = '{user}' WHERE id = $1`, [adaId]);
    });
  });

  it('keeps a secret setting for the application, and shows it nowhere', async () => {
    const value = 'correct-horse-7731';
    const set = await admin.send('PUT', '/admin/settings/smtp.password', { value });
    const listed = await admin.send('GET', '/admin/settings');

    expect(listed.body).toEqual({ items: [set.body] });
    expect(await app.app.get(Settings, { strict: false }).find('smtp.password')).toBe(value);
    const kept = await runSql(
      database.url,
      `SELECT 1 FROM audit_event e WHERE e::text LIKE $1 UNION ALL SELECT 1 FROM admin_audit_log l WHERE l::text LIKE $1`,
      [`%${value}%`],
    );
    expect(kept).toEqual([]);
    expect(app.logged()).not.toContain(value);
  });

  it.each([true, 0, -1.5, 'two\nlines'])('takes %j as the value of a setting', async (value) => {
    expect((await admin.send('PUT', '/admin/settings/any', { value })).status).toBe(200);
    expect(await app.app.get(Settings, { strict: false }).find('any')).toBe(value);
  });

  it.each([{}, { value: null }, { value: 'a\0b' }, { value: '\ud800' }, { value: {} }])(
    'does not set a setting from %j',
    async (body) => {
      expect((await admin.send('PUT', '/admin/settings/any', body)).status).toBe(400);
    },
  );

  it('switches a feature for the application', async () => {
    const flags = app.app.get(FeatureFlags, { strict: false });
    expect(await flags.isEnabled('gift_cards')).toBe(false);
    await admin.send('PUT', '/admin/features/gift_cards', { enabled: true });
    expect(await flags.isEnabled('gift_cards')).toBe(true);
    expect((await admin.send('GET', '/admin/features')).body).toEqual({
      items: [{ name: 'gift_cards', enabled: true }],
    });
  });

  it('gives the members of a store what their role is permitted', async () => {
    const storeId = String((await admin.send('POST', '/admin/stores', { name: 'Corner shop' })).body.id);
    const permissions = `/admin/stores/${storeId.toUpperCase()}/roles/cashier/permissions`;
    await admin.send('POST', `/admin/stores/${storeId}/members`, { userId: adaId, role: 'cashier' });
    await admin.send('PUT', permissions, { permissions: ['orders:read'] });
    const again = await admin.send('PUT', permissions, { permissions: ['orders:refund', 'orders:read'] });

    const role = { storeId, role: 'cashier', permissions: ['orders:read', 'orders:refund'] };
    expect(again).toMatchObject({ status: 200, body: role });
    expect((await admin.send('GET', `/admin/stores/${storeId}/roles`)).body).toEqual({ items: [role] });
    const directory = app.app.get(StoreDirectory, { strict: false });
    expect(await directory.storesPermitting(adaId, 'orders:refund')).toEqual([storeId]);
    expect(await directory.storesPermitting(adaId, 'orders:delete')).toEqual([]);
    expect(await directory.storesPermitting(uuidv7(), 'orders:refund')).toEqual([]);
  });
});
