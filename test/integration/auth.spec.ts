import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { uuidv7 } from 'uuidv7';
import { UserDirectory } from '../../src/modules/auth/index.js';
import { SecurityLogProvider } from '../../src/modules/auth/security-log/security-log.provider.js';
import { AuthScene, PASSWORD, textOf } from '../support/auth-scene.js';
import { MAIN_ADAPTERS } from '../support/http-app.js';
import { sampleEvent } from '../support/sample-event.js';

/** What its routes record is in auth-routes.spec, which also shows that no secret is kept. */
describe.each(MAIN_ADAPTERS)('auth on %s', (HTTP_ADAPTER) => {
  let scene: AuthScene;

  beforeAll(async () => {
    scene = await AuthScene.open({ HTTP_ADAPTER });
  });
  afterAll(() => scene.close());

  const post = (path: string, body: object) => scene.send(scene.anybody(), 'POST', path, body);
  const deactivate = (id: string) => scene.sql('UPDATE auth_user SET active = false WHERE id = $1', id);

  describe('POST /auth/register', () => {
    it('makes an account in the one spelling of its address, and one event by and about the new user', async () => {
      const name = uuidv7();
      const body = { email: `  ${name}@Example.COM `, password: PASSWORD, name: ' Ada Lovelace ' };
      const answer = await post('/auth/register', body);
      expect(answer).toMatchObject({ status: 201, body: { email: `${name}@example.com` } });
      const id = textOf(answer.body, 'id');
      const details = { email: `${name}@example.com`, registrationMethod: 'email' };
      expect(answer.events).toMatchObject([{ type: 'user_registered', actorId: id, resource: `user ${id}`, details }]);
      const again = await post('/auth/register', { ...body, email: `${name}@EXAMPLE.com` });
      expect(again.status).toBe(409);
      expect(again.events).toMatchObject([{ reason: 'duplicate_email', actorId: null }]);
      const directory = scene.app.app.get(UserDirectory, { strict: false });
      expect(await directory.find(id)).toEqual({ id, email: `${name}@example.com`, name: 'Ada Lovelace' });
      for (const unknown of [uuidv7(), '17']) expect(await directory.find(unknown)).toBeUndefined();
    });

    it('makes one account of many registrations at once', async () => {
      const body = { email: `${uuidv7()}@example.com`, password: PASSWORD, name: 'Ada' };
      const answers = await Promise.all(Array.from({ length: 4 }, () => post('/auth/register', body)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    });

    it.each([
      { email: 'nobody' },
      { password: 'short' },
      { password: 'x'.repeat(129) },
      { name: ' ' },
      { name: 'A\u0000da' },
      { roles: ['admin'] },
      { email: { $ne: '' }, password: [PASSWORD], name: 1 },
    ])('refuses %j, with one event', async (fields) => {
      const body = { email: 'ada2@example.com', password: PASSWORD, name: 'Ada', ...fields };
      const { status, events } = await post('/auth/register', body);
      expect(status).toBe(400);
      expect(events).toMatchObject([{ type: 'user_registration_failed', reason: 'validation' }]);
    });
  });

  describe('POST /auth/login', () => {
    it('opens a session, in whatever case the address is', async () => {
      const { id, email } = await scene.person();
      const answer = await post('/auth/login', { email: ` ${email.toUpperCase()}`, password: PASSWORD });
      expect(answer.body).toEqual({ accessToken: expect.any(String), refreshToken: expect.any(String) });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const details = { username: email, method: 'password' };
      expect(answer.events).toMatchObject([{ type: 'user_login_success', actorId: id, details }]);
    });

    it('refuses a wrong password, an unknown user and an inactive one alike, and records which it was', async () => {
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

    it('keeps nothing of a body that is not valid', async () => {
      const { status, events } = await post('/auth/login', { email: `not an address but ${PASSWORD}` });
      expect(status).toBe(400);
      expect(events).toMatchObject([{ type: 'user_login_failed', reason: 'validation', details: {} }]);
    });
  });

  it('closes a session and no other at the logout, and denies it from then on', async () => {
    const { id, email, client } = await scene.person();
    const other = scene.anybody();
    await scene.logIn(other, email);
    const closed = await scene.send(client, 'POST', '/auth/logout');
    expect(closed).toMatchObject({ status: 204, events: [{ details: { logoutMethod: 'explicit' } }] });

    const denied = { type: 'user_logout_denied', reason: 'session_revoked', actorId: id };
    expect(await scene.send(client, 'POST', '/auth/logout')).toMatchObject({ status: 401, events: [denied] });
    const me = { id, email, name: 'Ada', roles: ['user'] };
    expect(await scene.send(other, 'GET', '/auth/me')).toMatchObject({ status: 200, body: me, events: [] });
  });

  describe('the guards', () => {
    it('deny with 401 and the reason who is unknown', async () => {
      const jwt = scene.app.app.get(JwtService, { strict: false });
      const expired = await jwt.signAsync({ sub: uuidv7(), sid: uuidv7() }, { expiresIn: -1 });
      const ofNoSession = await jwt.signAsync({ sub: uuidv7(), sid: uuidv7() });
      for (const [authorization, reason] of [
        [undefined, 'token_missing'],
        ['Basic YTpi', 'token_missing'],
        ['Bearer a b', 'token_missing'],
        ['bearer  none.of.ours', 'token_invalid'],
        [`Bearer ${expired}`, 'token_expired'],
        [`Bearer ${ofNoSession}`, 'token_invalid'],
      ] as const) {
        const id = uuidv7();
        const headers = { 'x-request-id': id, ...(authorization && { authorization }) };
        const answer = await scene.anybody().send('POST', '/auth/logout', {}, headers);
        expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
        const recorded = await scene.sql('SELECT type, reason FROM audit_event WHERE request_id = $1', id);
        expect(recorded).toEqual([{ type: 'user_logout_denied', reason }]);
      }
    });

    it('deny with 403 who lacks the role, and with 401 the open session of a user who is no longer active', async () => {
      const { id, client } = await scene.person();
      const refused = await scene.send(client, 'DELETE', `/admin/users/${id}`);
      expect(refused).toMatchObject({ status: 403, events: [{ reason: 'missing_role', actorId: id }] });
      expect(textOf(refused.body, 'message')).toContain('it needs the role admin');
      await deactivate(id);
      const denied = await scene.send(client, 'POST', '/auth/logout');
      expect(denied).toMatchObject({ status: 401, events: [{ reason: 'user_inactive', actorId: id }] });
    });
  });

  describe('GET /auth/me/security-log', () => {
    it('shows the user what happened to his own account, newest first, page by page', async () => {
      const { id, email, client } = await scene.person();
      await scene.person();
      await post('/auth/login', { email, password: 'wrong' });
      await scene.send(client, 'DELETE', `/admin/users/${id}`);
      const read = async (query = '') =>
        (await client.send<{ items: readonly { id: string }[] }>('GET', `/auth/me/security-log${query}`)).body.items;
      const items = await read();
      expect(items).toMatchObject([
        { type: 'user_deletion_denied', outcome: 'denied', reason: 'missing_role' },
        { type: 'user_login_failed', outcome: 'failure', reason: 'invalid_password' },
        { type: 'user_login_success', outcome: 'success', reason: null },
        { type: 'user_registered', outcome: 'success', reason: null, ip: '127.0.0.1', userAgent: 'node' },
      ]);
      expect(await read('?limit=1')).toEqual(items.slice(0, 1));
      expect(await read(`?limit=1&before=${items[0]?.id ?? ''}`)).toEqual(items.slice(1, 2));
      for (const limit of ['0', '201', '1.5', 'all', '']) {
        expect((await client.send('GET', `/auth/me/security-log?limit=${limit}`)).status).toBe(400);
      }
    });

    it('keeps an event once however often its batch comes, and none of unknown accounts', async () => {
      const { id } = await scene.person();
      const [event, ofNobody] = [id, uuidv7()].map((userId) =>
        sampleEvent({ id: uuidv7(), resource: { type: 'user', id: userId }, actor: { type: 'system' } }),
      );
      const provider = scene.app.app.get(SecurityLogProvider, { strict: false });
      const batch = [event, event, ofNobody].flatMap((each) => each ?? []);
      await provider.record(batch);
      await provider.record(batch.slice(0, 1));
      const kept = await scene.sql('SELECT id FROM security_log WHERE id = ANY ($1)', [event?.id, ofNobody?.id]);
      expect(kept).toEqual([{ id: event?.id }]);
    });
  });
});
