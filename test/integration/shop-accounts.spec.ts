import { describe, expect, it } from '@jest/globals';
import { kept } from '../support/kept.js';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator } from '../../src/audit/index.js';
import { AdminAuditLogProvider } from '../../src/shop/tenancy/admin-audit-log.provider.js';
import { StoreDirectory } from '../../src/shop/tenancy/index.js';
import { SecurityLogProvider } from '../../src/shop/auth/security-log.provider.js';
import { ApiClient, sampleEvent, settled, type ShownEvent } from '../support/index.js';
import { AuthScene, PASSWORD, textOf, type AnyBody, type Seen } from '../support/auth-scene.js';
import { ADMIN } from '../support/reference-app.js';

const scene = await kept(AuthScene.open());

const post = (path: string, body: object) => scene.send(scene.anybody(), 'POST', path, body);
const deactivate = (id: string) => scene.sql('UPDATE auth_user SET active = false WHERE id = $1', id);
const me = async (client: ApiClient) => (await scene.send(client, 'GET', '/auth/me')).status;
const refusal = ({ status, events }: Seen<AnyBody>) => [status, events[0]?.reason];
const statuses = (answers: readonly Seen<AnyBody>[]) => answers.map(({ status }) => status).sort();

const tenancy = await openStore();
async function openStore() {
  const admin = await scene.admin();
  const storeId = textOf((await scene.call(admin, 'POST', '/admin/stores', { name: 'Corner shop' })).body, 'id');
  return { admin, storeId, customer: await scene.person() };
}

describe('tenancy', () => {
  const { admin, storeId, customer } = tenancy;
  const members = `/admin/stores/${storeId}/members`;
  const sql = (text: string, values: readonly unknown[]) => scene.sql(text, ...values);
  const eventsOf = async (query: string): Promise<readonly ShownEvent[]> => {
    await settled(scene.database);
    return admin.events(query);
  };
  const itemsOf = async (path: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await admin.send<{ items: readonly Record<string, unknown>[] }>('GET', path)).body.items;
  const assign = (role: string, userId = customer.id, path = members) => admin.send('POST', path, { userId, role });

  it('gives nobody an impossible role', async () => {
    const roles = ['', 'a', 'Cashier', '_owner', 'x'.repeat(33), 'own er', 'owner\n'];
    for (const role of roles) expect([role, (await assign(role)).status]).toEqual([role, 400]);
    const failed = await eventsOf('type=role_assignment_failed');
    expect(failed).toHaveLength(roles.length);
    expect(failed[0]).toMatchObject({ tenantId: storeId, resource: { type: 'user', id: customer.id } });
  });

  it('records a store as its own tenant, and what anybody else tries as denied', async () => {
    const [created] = await eventsOf('type=store_created');
    const store = { tenantId: storeId, resource: { type: 'store', id: storeId }, details: { name: 'Corner shop' } };
    expect(created).toMatchObject({ ...store, action: 'store_creation', category: 'administration' });
    expect((await customer.client.send('POST', members, { userId: uuidv7(), role: 'owner' })).status).toBe(403);
    const denied = await eventsOf(`tenantId=${storeId}&type=role_assignment_denied`);
    expect(denied).toMatchObject([{ reason: 'missing_role', actor: { id: customer.id } }]);
  });

  it('gives a member one role at a time, however many are given at once', async () => {
    const roles = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg', 'hh'];
    await Promise.all(roles.map((role) => assign(role)));
    const member = { storeId, userId: customer.id, role: 'owner' };
    expect(await assign('owner')).toMatchObject({ status: 201, body: member });

    expect(await sql('SELECT role FROM tenancy_member WHERE store_id = $1', [storeId])).toEqual([{ role: 'owner' }]);
    const events = (await eventsOf(`type=role_assigned&tenantId=${storeId}`)) as readonly { changes?: object }[];
    const replaced = events.map(({ changes }) => (changes as { before: { role: string | null } }).before.role);
    expect(new Set(replaced)).toEqual(new Set([null, ...roles]));
    const directory = scene.app.app.get(StoreDirectory, { strict: false });
    expect(await directory.isMember(storeId, customer.id)).toBe(true);
    expect(await directory.isMember(storeId, uuidv7())).toBe(false);
    expect(await directory.isMember(uuidv7(), customer.id)).toBe(false);
  });

  it('gives the members of a store what their role is permitted', async () => {
    const permissions = `/admin/stores/${storeId.toUpperCase()}/roles/cashier/permissions`;
    await assign('cashier');
    await admin.send('PUT', permissions, { permissions: ['orders:read'] });
    await admin.send('PUT', permissions, { permissions: ['orders:refund', 'orders:read'] });
    expect(await sql('SELECT permissions FROM tenancy_role WHERE store_id = $1', [storeId])).toEqual([
      { permissions: ['orders:read', 'orders:refund'] },
    ]);
    const directory = scene.app.app.get(StoreDirectory, { strict: false });
    expect(await directory.storesPermitting(customer.id, 'orders:refund')).toEqual([storeId]);
    expect(await directory.storesPermitting(customer.id, 'orders:delete')).toEqual([]);
    expect(await directory.storesPermitting(uuidv7(), 'orders:refund')).toEqual([]);
  });

  it('shows administrators alone who did what from where, newest first', async () => {
    await admin.send('POST', '/admin/stores', { name: 'Corner shop' });
    await customer.client.send('POST', '/admin/stores', { name: 'Mine' });
    expect((await customer.client.send('GET', '/admin/audit-log')).status).toBe(403);

    const [denied] = await eventsOf('type=store_creation_denied');
    const log = await itemsOf('/admin/audit-log');
    expect(log[0]).toEqual({
      id: denied?.id,
      occurredAt: denied?.occurredAt,
      adminUserId: customer.id,
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
    const audit = scene.app.app.get(AuditAggregator, { strict: false });
    const actor = { type: 'system', id: 'nightly-job' } as const;
    await audit.record('role_assignment', { actor, details: { roleName: 'owner' } });
    const before = await itemsOf('/admin/audit-log');
    expect(before[0]).toMatchObject({ adminUserId: 'nightly-job', ipAddress: null, requestId: null });

    const another = sampleEvent({ id: uuidv7(), actor: { type: 'user', id: customer.id } });
    const ofNobody = sampleEvent({ id: uuidv7(), actor: { type: 'anonymous' } });
    const provider = scene.app.app.get(AdminAuditLogProvider, { strict: false });
    await provider.record([another, another, ofNobody]);
    await provider.record([another]);
    expect((await itemsOf('/admin/audit-log')).slice(0, 2)).toMatchObject([{ id: another.id }, before[0]]);
  });
});

describe('accounts', () => {
  it('are one of many registrations at once, whatever the case of the address', async () => {
    const name = uuidv7();
    const register = (_: unknown, nth: number) =>
      post('/auth/register', {
        email: `${name}@Example.${nth % 2 ? 'com' : 'COM'}`,
        password: PASSWORD,
        name: 'Ada',
      });
    expect(statuses(await Promise.all(Array.from({ length: 4 }, register)))).toEqual([201, 409, 409, 409]);
  });

  it('are not told apart by who fails to log in, and the ledger has which it was', async () => {
    const [known, inactive] = [await scene.person(), await scene.person()];
    await deactivate(inactive.id);
    const answers = [
      await post('/auth/login', { email: known.email, password: 'wrong' }),
      await post('/auth/login', { email: 'nobody@example.com', password: PASSWORD }),
      await post('/auth/login', { email: inactive.email, password: PASSWORD }),
    ];
    for (const { status, body } of answers) expect([status, body]).toEqual([401, answers[0]?.body]);
    const failed = { type: 'user_login_failed', outcome: 'failure', severity: 'warning', actorId: null };
    expect(answers.flatMap(({ events }) => events)).toMatchObject([
      { ...failed, reason: 'invalid_password', resource: `user ${known.id}`, details: { username: known.email } },
      { ...failed, reason: 'unknown_user', resource: null, details: { username: 'nobody@example.com' } },
      { ...failed, reason: 'user_inactive', resource: `user ${inactive.id}` },
    ]);
  });

  it('keep nothing of a body that is not valid', async () => {
    const { status, events } = await post('/auth/login', { email: `not an address but ${PASSWORD}` });
    expect(status).toBe(400);
    expect(events).toMatchObject([{ type: 'user_login_failed', reason: 'validation', details: {} }]);
  });

  it('are locked after repeated failures, even for the right password, and unlocked after a while', async () => {
    const { id, email } = await scene.person();
    const attempt = (password: string) => scene.logIn(scene.anybody(), email, password);
    const wrong = await attempt('wrong');
    for (let failures = 2; failures < 10; failures += 1) await attempt('wrong');
    expect((await attempt('wrong')).events).toMatchObject([
      { type: 'suspicious_session_activity', resource: `user ${id}`, details: { activityType: 'repeated_failures' } },
      { type: 'user_login_failed', reason: 'invalid_password', details: { attempts: 10 } },
    ]);
    const locked = await attempt(PASSWORD);
    expect(refusal(locked)).toEqual([401, 'locked']);
    expect(locked.body).toEqual(wrong.body);
    await scene.sql(`UPDATE auth_user SET locked_until = now() - interval '1 s' WHERE id = $1`, id);
    expect((await attempt('wrong')).events).toMatchObject([{ reason: 'invalid_password', details: { attempts: 1 } }]);
    expect((await attempt(PASSWORD)).types).toEqual(['user_login_success']);
  });

  it('show what happened to them to nobody else, newest first, an event once however often its batch comes', async () => {
    const { id, email, client } = await scene.person();
    await post('/auth/login', { email, password: 'wrong' });
    const [event, ofNobody] = [id, uuidv7()].map((userId) =>
      sampleEvent({ id: uuidv7(), resource: { type: 'user', id: userId }, actor: { type: 'system' } }),
    );
    const provider = scene.app.app.get(SecurityLogProvider, { strict: false });
    await provider.record([event, event, ofNobody].flatMap((each) => each ?? []));
    const kept = await scene.sql('SELECT id FROM security_log WHERE id = ANY ($1)', [event?.id, ofNobody?.id]);
    expect(kept).toEqual([{ id: event?.id }]);
    const read = async (query: string) =>
      (await client.send<{ items: readonly { id: string }[] }>('GET', `/auth/me/security-log${query}`)).body.items;
    const items = await read('');
    expect(items.slice(1)).toMatchObject([
      { type: 'user_login_failed', outcome: 'failure', reason: 'invalid_password' },
      { type: 'user_login_success', outcome: 'success', reason: null },
      { type: 'user_registered', outcome: 'success', reason: null, ip: '127.0.0.1', userAgent: 'node' },
    ]);
    expect(await read(`?limit=1&before=${items[0]?.id ?? ''}`)).toEqual(items.slice(1, 2));
  });
});

describe('the guards', () => {
  it('deny with 401 and the reason who is unknown', async () => {
    const { id: expiredId, client } = await scene.person();
    await scene.sql(`UPDATE auth_session SET expires_at = now() WHERE user_id = $1`, expiredId);
    for (const [authorization, reason] of [
      [undefined, 'token_missing'],
      ['Basic YTpi', 'token_missing'],
      ['Bearer a b', 'token_missing'],
      ['bearer  none.of.ours', 'token_invalid'],
      [`Bearer ${String(client.token)}`, 'session_expired'],
    ] as const) {
      const id = uuidv7();
      const headers = { 'x-request-id': id, ...(authorization && { authorization }) };
      const answer = await scene.anybody().send('POST', '/auth/logout', {}, headers);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      await settled(scene.database);
      const recorded = await scene.sql('SELECT type, reason FROM audit_event WHERE request_id = $1', id);
      expect(recorded).toEqual([{ type: 'user_logout_denied', reason }]);
    }
  });

  it("accept the viewer's cookie for reads, and for changes only from a page of the same origin", async () => {
    const { email } = await scene.person();
    const { headers: given } = await post('/auth/login', { email, password: PASSWORD });
    const [pair = '', ...flags] = (given.get('set-cookie') ?? '').split('; ');
    expect(flags).toEqual(['Path=/audit', 'Max-Age=28800', 'HttpOnly', 'SameSite=Strict']);
    const send = async (method: string, path: string, headers: object = {}) =>
      (await scene.anybody().send(method, path, {}, { cookie: `theme=dark; ${pair}`, ...headers })).status;
    const read = async () => (await fetch(`${scene.app.url}/audit/events`, { headers: { cookie: pair } })).status;
    expect(await read()).toBe(200);
    for (const headers of [
      {}, // by no browser
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: scene.app.url },
      { origin: 'https://evil.example.com' },
      { origin: 'null' },
    ]) {
      expect(await send('POST', '/audit/logout', headers)).toBe(403);
    }
    expect(await send('POST', '/audit/logout', { origin: scene.app.url })).toBe(204); // without HTTPS
    expect(await read()).toBe(401);
  });

  it("set the viewer's cookie only over HTTPS in production", async () => {
    const { email } = await scene.person();
    const { NODE_ENV } = process.env;
    process.env.NODE_ENV = 'production';
    const { headers } = await post('/auth/login', { email, password: PASSWORD }).finally(() => {
      process.env.NODE_ENV = NODE_ENV;
    });
    expect(headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  it('deny with 403 who lacks the role, and with 401 the open session of a user who is no longer active', async () => {
    const { id, client } = await scene.person();
    const refused = await scene.send(client, 'DELETE', `/admin/users/${id}`);
    expect(refused).toMatchObject({ status: 403, events: [{ reason: 'missing_role', actorId: id }] });
    await deactivate(id);
    const denied = await scene.send(client, 'POST', '/auth/logout');
    expect(denied).toMatchObject({ status: 401, events: [{ reason: 'user_inactive', actorId: id }] });
  });

  it('let an API key do what its owner may, but nothing that concerns the account, or once it is revoked', async () => {
    const { id, client } = await scene.person();
    const { body } = await scene.send(client, 'POST', '/auth/me/api-keys', { name: 'import' });
    const key = new ApiClient(scene.app.url, { 'x-api-key': textOf(body, 'key') });
    expect((await scene.send(key, 'GET', '/auth/me')).events).toMatchObject([
      { type: 'api_key_used', actorId: id, credentialId: body.id, resource: `api_key ${textOf(body, 'id')}` },
    ]);
    expect((await scene.send(key, 'GET', '/auth/me/security-log')).status).toBe(200);
    for (const [method, path] of [
      ['POST', '/auth/logout'],
      ['POST', '/auth/me/api-keys'],
      ['GET', '/auth/me/api-keys'],
      ['DELETE', `/auth/me/api-keys/${uuidv7()}`],
      ['POST', '/me/data-export'],
      ['DELETE', '/me'],
    ] as const) {
      const { status, events } = await scene.send(key, method, path);
      const refused = method === 'GET' ? [] : ['session_required']; // a route that reads records nothing
      expect([
        path,
        status,
        ...events
          .slice(1)
          .map(({ reason }) => reason)
          .slice(0, 1),
      ]).toEqual([path, 403, ...refused]);
    }
    await scene.send(client, 'DELETE', `/auth/me/api-keys/${textOf(body, 'id')}`);
    expect(refusal(await scene.send(key, 'GET', '/auth/me'))).toEqual([401, 'api_key_invalid']);
  });

  it('let an administrator’s API key change other accounts, but not its owner’s, by the administration either', async () => {
    const [admin, { id: other }] = [await scene.admin(), await scene.person()];
    const own = textOf((await scene.send(admin, 'GET', '/auth/me')).body, 'id');
    const { body } = await scene.send(admin, 'POST', '/auth/me/api-keys', { name: 'scim' });
    const key = new ApiClient(scene.app.url, { 'x-api-key': textOf(body, 'key') });
    const rename = async (client: ApiClient, id: string, to: object) => {
      const { status, events } = await scene.send(client, 'PATCH', `/admin/users/${id}`, to);
      return [status, events.at(-1)?.reason];
    };
    expect(await rename(key, other, { name: 'Eve' })).toEqual([200, null]);
    expect(await rename(key, own, { name: 'Eve' })).toEqual([403, 'session_required']);
    expect(await rename(key, own, { roles: ['user', 'admin', 'auditor'] })).toEqual([403, 'session_required']);
    expect(await rename(admin, own, { name: 'Root' })).toEqual([200, null]);
  });
});

describe('administrators', () => {
  it('take the sessions of whom they deactivate for good', async () => {
    const { id, client, email } = await scene.person();
    const admin = await scene.admin();
    for (const active of [false, true]) {
      await scene.send(admin, 'PATCH', `/admin/users/${id}`, { active });
      expect(await me(client)).toBe(401);
    }
    expect((await scene.logIn(client, email)).status).toBe(200);
  });

  it('do not lock themselves out', async () => {
    const admin = await scene.admin();
    const own = textOf((await scene.send(admin, 'GET', '/auth/me')).body, 'id');
    for (const refused of [
      await scene.send(admin, 'PATCH', `/admin/users/${own}`, { active: false }),
      await scene.send(admin, 'DELETE', `/admin/users/${own}`),
      await scene.send(admin, 'PATCH', `/admin/users/${own}`, { roles: ['user'] }),
    ])
      expect(refusal(refused)).toEqual([409, 'own_account']);
  });

  it('leave one of them, even if they turn on each other at once', async () => {
    const admin = await scene.admin();
    const own = textOf((await scene.send(admin, 'GET', '/auth/me')).body, 'id');
    const { id, email, client } = await scene.person();
    const ways: readonly ((other: string) => readonly [method: string, path: string, body?: object])[] = [
      (other) => ['PATCH', `/admin/users/${other}`, { roles: ['user'] }],
      (other) => ['PATCH', `/admin/users/${other}`, { active: false }],
    ];
    for (const way of ways) {
      await scene.sql(`UPDATE auth_user SET active = true, roles = '{user,admin}' WHERE id = ANY ($1)`, [own, id]);
      await scene.logIn(admin, ADMIN.email, ADMIN.password);
      await scene.logIn(client, email);
      await Promise.all([admin.send(...way(id)), client.send(...way(own))]);
      expect(await scene.sql(`SELECT 1 FROM auth_user WHERE active AND roles @> '{admin}'`)).toHaveLength(1);
    }
  });
});
