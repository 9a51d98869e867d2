import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { StoreDirectory } from '../../src/modules/tenancy/index.js';
import { ApiClient } from '../support/api-client.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
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
