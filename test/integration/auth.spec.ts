import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { PasswordHasher } from '../../src/shop/auth/accounts.service.js';
import { SecurityLogProvider } from '../../src/shop/auth/security-log.provider.js';
import { ApiClient, sampleEvent, settled } from '../support/index.js';
import { AuthScene, PASSWORD, textOf, type AnyBody, type Seen } from '../support/auth-scene.js';
import { ADMIN } from '../support/reference-app.js';

const scene = await AuthScene.open({ AUTH_LOCKOUT_FAILURES: '3' });
afterAll(async () => {
  const leaks = await scene.leaks();
  await scene.close();
  expect(leaks).toEqual([]);
});

const post = (path: string, body: object) => scene.send(scene.anybody(), 'POST', path, body);
const deactivate = (id: string) => scene.sql('UPDATE auth_user SET active = false WHERE id = $1', id);
const me = async (client: ApiClient) => (await scene.send(client, 'GET', '/auth/me')).status;
const refusal = ({ status, events }: Seen<AnyBody>) => [status, events[0]?.reason];
const statuses = (answers: readonly Seen<AnyBody>[]) => answers.map(({ status }) => status).sort();

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

  it.each(['a\ud800@example.com', 'a@ex\ud800ample.com', 'a\0@example.com'])(
    'are refused for the address %j',
    async (email) => {
      const body = { email, name: 'Ada', password: PASSWORD };
      const answers = [await post('/auth/register', body), await post('/auth/login', { email, password: PASSWORD })];
      expect(answers.map(refusal)).toEqual([
        [400, 'validation'],
        [400, 'validation'],
      ]);
    },
  );

  it('are locked after repeated failures, even for the right password, and unlocked after a while', async () => {
    const { id, email } = await scene.person();
    const attempt = (password: string) => scene.logIn(scene.anybody(), email, password);
    const wrong = await attempt('wrong');
    await attempt('wrong');
    expect((await attempt('wrong')).events).toMatchObject([
      { type: 'suspicious_session_activity', resource: `user ${id}`, details: { activityType: 'repeated_failures' } },
      { type: 'user_login_failed', reason: 'invalid_password', details: { attempts: 3 } },
    ]);
    const locked = await attempt(PASSWORD);
    expect(refusal(locked)).toEqual([401, 'locked']);
    expect(locked.body).toEqual(wrong.body);
    await scene.sql(`UPDATE auth_user SET locked_until = now() - interval '1 s' WHERE id = $1`, id);
    expect((await attempt('wrong')).events).toMatchObject([{ reason: 'invalid_password', details: { attempts: 1 } }]);
    expect((await attempt(PASSWORD)).types).toEqual(['user_login_success']);
  });

  it('that others locked while the right password was compared are refused', async () => {
    const { id, email } = await scene.person();
    const hasher = scene.app.app.get(PasswordHasher, { strict: false });
    const matches = hasher.matches.bind(hasher);
    jest.spyOn(hasher, 'matches').mockImplementationOnce(async (...compared) => {
      const matched = await matches(...compared);
      await scene.sql(`UPDATE auth_user SET locked_until = now() + interval '1 minute' WHERE id = $1`, id);
      return matched;
    });
    expect(refusal(await scene.logIn(scene.anybody(), email))).toEqual([401, 'locked']);
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
