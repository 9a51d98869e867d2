import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator } from '../../src/audit/index.js';
import { AdminAuditLogProvider } from '../../src/shop/tenancy/admin-audit-log.provider.js';
import { StoreDirectory } from '../../src/shop/tenancy/index.js';
import type { ShownEvent } from '../support/api-client.js';
import { kept } from '../support/kept.js';
import { startCommerce } from '../support/commerce/start-commerce.js';
import { sampleEvent } from '../support/sample-event.js';
import { runSql } from '../support/sql.js';

/** administration-routes.spec checks which events these routes record. */
const commerce = await kept(startCommerce());
const { admin } = commerce;
const storeId = (await admin.send<{ id: string }>('POST', '/admin/stores', { name: 'Corner shop' })).body.id;
const sql = (text: string, values: readonly unknown[]) => runSql(commerce.databaseUrl, text, values);
const members = `/admin/stores/${storeId}/members`;

async function eventsOf(query: string): Promise<readonly ShownEvent[]> {
  await commerce.settled();
  return admin.events(query);
}

describe('tenancy', () => {
  const itemsOf = async (path: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await admin.send<{ items: readonly Record<string, unknown>[] }>('GET', path)).body.items;
  const assign = (role: string, userId = commerce.customerId, path = members) =>
    admin.send('POST', path, { userId, role });

  it.each(['', 'a', 'Cashier', '_owner', 'x'.repeat(33), 'own er', 'owner\n'])(
    'gives nobody the role %j',
    async (role) => {
      expect((await assign(role)).status).toBe(400);
      const [event] = await eventsOf('type=role_assignment_failed');
      expect(event).toMatchObject({ tenantId: storeId, resource: { type: 'user', id: commerce.customerId } });
    },
  );

  it('records a store as its own tenant, and what anybody else tries as denied', async () => {
    const [created] = await eventsOf('type=store_created');
    const store = { tenantId: storeId, resource: { type: 'store', id: storeId }, details: { name: 'Corner shop' } };
    expect(created).toMatchObject({ ...store, action: 'store_creation', category: 'administration' });
    expect((await commerce.customer.send('POST', members, { userId: uuidv7(), role: 'owner' })).status).toBe(403);
    const denied = await eventsOf(`tenantId=${storeId}&type=role_assignment_denied`);
    expect(denied).toMatchObject([{ reason: 'missing_role', actor: { id: commerce.customerId } }]);
  });

  it('gives a member one role at a time, however many are given at once', async () => {
    const roles = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg', 'hh'];
    await Promise.all(roles.map((role) => assign(role)));
    const member = { storeId, userId: commerce.customerId, role: 'owner' };
    expect(await assign('owner')).toMatchObject({ status: 201, body: member });

    expect(await sql('SELECT role FROM tenancy_member WHERE store_id = $1', [storeId])).toEqual([{ role: 'owner' }]);
    const events = (await eventsOf(`type=role_assigned&tenantId=${storeId}`)) as readonly { changes?: object }[];
    const replaced = events.map(({ changes }) => (changes as { before: { role: string | null } }).before.role);
    expect(new Set(replaced)).toEqual(new Set([null, ...roles]));
    const directory = commerce.app.get(StoreDirectory, { strict: false });
    expect(await directory.isMember(storeId, commerce.customerId)).toBe(true);
    expect(await directory.isMember(storeId, uuidv7())).toBe(false);
    expect(await directory.isMember(uuidv7(), commerce.customerId)).toBe(false);
  });

  it('gives the members of a store what their role is permitted', async () => {
    const permissions = `/admin/stores/${storeId.toUpperCase()}/roles/cashier/permissions`;
    await assign('cashier');
    await admin.send('PUT', permissions, { permissions: ['orders:read'] });
    await admin.send('PUT', permissions, { permissions: ['orders:refund', 'orders:read'] });
    expect(await sql('SELECT permissions FROM tenancy_role WHERE store_id = $1', [storeId])).toEqual([
      { permissions: ['orders:read', 'orders:refund'] },
    ]);
    const directory = commerce.app.get(StoreDirectory, { strict: false });
    expect(await directory.storesPermitting(commerce.customerId, 'orders:refund')).toEqual([storeId]);
    expect(await directory.storesPermitting(commerce.customerId, 'orders:delete')).toEqual([]);
    expect(await directory.storesPermitting(uuidv7(), 'orders:refund')).toEqual([]);
  });

  it('shows administrators alone who did what from where, newest first', async () => {
    await admin.send('POST', '/admin/stores', { name: 'Corner shop' });
    await commerce.customer.send('POST', '/admin/stores', { name: 'Mine' });
    expect((await commerce.customer.send('GET', '/admin/audit-log')).status).toBe(403);

    const [denied] = await eventsOf('type=store_creation_denied');
    const log = await itemsOf('/admin/audit-log');
    expect(log[0]).toEqual({
      id: denied?.id,
      occurredAt: denied?.occurredAt,
      adminUserId: commerce.customerId,
      action: 'store_creation',
      outcome: 'denied',
      targetType: 'store',
      targetId: null,
      details: { name: 'Mine' },
      ipAddress: '127.0.0.1',
      userAgent: 'node',
      requestId: denied?.request?.id,
    });
    expect(log[1]).toMatchObject({ action: 'store_creation', outcome: 'success', details: { name: 'Corner shop' } });
    expect(await itemsOf('/admin/audit-log?limit=1')).toEqual(log.slice(0, 1));
    expect(await itemsOf(`/admin/audit-log?limit=1&before=${String(log[0]?.id)}`)).toEqual(log.slice(1, 2));
  });

  it('keeps each event once in the log, and skips what nobody known did', async () => {
    const audit = commerce.app.get(AuditAggregator, { strict: false });
    const actor = { type: 'system', id: 'nightly-job' } as const;
    await audit.record('role_assignment', { actor, details: { roleName: 'owner' } });
    const before = await itemsOf('/admin/audit-log');
    expect(before[0]).toMatchObject({ adminUserId: 'nightly-job', ipAddress: null, requestId: null });

    const another = sampleEvent({ id: uuidv7(), actor: { type: 'user', id: commerce.customerId } });
    const ofNobody = sampleEvent({ id: uuidv7(), actor: { type: 'anonymous' } });
    const provider = commerce.app.get(AdminAuditLogProvider, { strict: false });
    await provider.record([another, another, ofNobody]);
    await provider.record([another]);
    expect((await itemsOf('/admin/audit-log')).slice(0, 2)).toMatchObject([{ id: another.id }, before[0]]);
  });
});
