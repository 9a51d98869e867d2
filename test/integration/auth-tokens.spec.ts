import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthScene, PASSWORD, textOf } from '../support/auth-scene.js';

describe('refresh tokens, sessions and refused tokens', () => {
  let scene: AuthScene;

  beforeAll(async () => {
    scene = await AuthScene.open({ AUTH_LOCKOUT_FAILURES: '3' });
  });

  afterAll(async () => {
    const leaks = await scene.leaks();
    await scene.close();
    expect(leaks).toEqual([]);
  });

  const refresh = (refreshToken: string) => scene.send(scene.anybody(), 'POST', '/auth/refresh', { refreshToken });

  it('gives fresh tokens for a refresh token, which is good once', async () => {
    const { id, client, refreshToken } = await scene.person();
    const { status, body, events } = await refresh(refreshToken);
    expect(status).toBe(200);
    expect(body.refreshToken).not.toBe(refreshToken);
    expect(events).toMatchObject([
      { type: 'token_issued', actorId: id, details: { tokenType: 'access_token', expiresAt: expect.any(String) } },
      { type: 'auth_token_refreshed', actorId: id, details: { sessionId: expect.any(String) } },
    ]);
    client.token = textOf(body, 'accessToken');
    expect((await scene.send(client, 'GET', '/auth/me')).status).toBe(200);
  });

  it('closes the session when a used refresh token comes again, and reports it', async () => {
    const { id, client, refreshToken } = await scene.person();
    const next = textOf((await refresh(refreshToken)).body, 'refreshToken');
    const stolen = await refresh(refreshToken);
    expect(stolen.status).toBe(401);
    expect(stolen.events).toMatchObject([
      { type: 'token_revoked', reason: 'token_reused', actorId: id, details: { tokenType: 'refresh_token' } },
      { type: 'session_revoked', reason: 'security', details: { revokedBy: 'system' } },
      { type: 'suspicious_session_activity', severity: 'critical', details: { activityType: 'refresh_token_reuse' } },
      { type: 'auth_token_refresh_failed', outcome: 'failure', reason: 'token_reused' },
    ]);
    const family = await refresh(next);
    expect(family.events).toMatchObject([{ type: 'auth_token_refresh_failed', reason: 'token_revoked' }]);
    expect(family.body).toEqual(stolen.body);
    expect((await scene.send(client, 'GET', '/auth/me')).status).toBe(401);
  });

  it('gives the next token once, also where both requests saw the token unused', async () => {
    const { id, refreshToken } = await scene.person();
    const lock = `SELECT t.* FROM auth_refresh_token t JOIN auth_session s ON s.id = t.session_id WHERE s.user_id = $1 FOR UPDATE OF t`;
    const answers = await scene.whileLocked(lock, [id], 2, () => [refresh(refreshToken), refresh(refreshToken)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(answers.flatMap(({ types }) => types).filter((type) => type === 'session_revoked')).toHaveLength(1);
  });

  it('refuses the refresh token of an inactive user, and of a session past its end, whose end is an event', async () => {
    const { id, email, client, refreshToken } = await scene.person();
    await scene.sql('UPDATE auth_user SET active = false WHERE id = $1', id);
    expect((await refresh(refreshToken)).events).toMatchObject([{ reason: 'user_inactive', actorId: id }]);
    await scene.sql('UPDATE auth_user SET active = true WHERE id = $1', id);
    await scene.sql(
      `UPDATE auth_session SET created_at = now() - interval '2 h', expires_at = now() - interval '1 h' WHERE user_id = $1`,
      id,
    );
    expect((await refresh(refreshToken)).events).toMatchObject([{ reason: 'token_expired', actorId: id }]);
    const expired = await scene.send(client, 'GET', '/auth/me');
    expect(expired.events).toMatchObject([{ type: 'token_validation_failed', reason: 'session_expired', actorId: id }]);
    expect((await scene.logIn(client, email)).types).toEqual(['session_expired', 'user_login_success']);
  });

  it('makes one event of a refused token: the own one of the route where it has one', async () => {
    const { id, client } = await scene.person();
    const bad = scene.anybody();
    bad.token = 'none.of.ours';
    const onPlainRoute = await scene.send(bad, 'GET', '/auth/me');
    expect(onPlainRoute.events).toMatchObject([
      {
        type: 'token_validation_failed',
        outcome: 'failure',
        reason: 'token_invalid',
        details: { tokenType: 'access_token' },
      },
    ]);
    const onAuditedRoute = await scene.send(bad, 'POST', '/auth/logout');
    expect(onAuditedRoute.events).toMatchObject([{ type: 'user_logout_denied', reason: 'token_invalid' }]);
    expect((await scene.send(scene.anybody(), 'GET', '/auth/me')).events).toEqual([]);
    await scene.send(client, 'POST', '/auth/logout');
    const closed = await scene.send(client, 'GET', '/auth/me');
    expect(closed.events).toMatchObject([{ type: 'token_validation_failed', reason: 'session_revoked', actorId: id }]);
  });

  it('shows the own sessions, and closes one of them, but none of others', async () => {
    const [ada, eve] = [await scene.person(), await scene.person()];
    const other = scene.anybody();
    await scene.logIn(other, ada.email);
    const { body } = await ada.client.send<{ items: { id: string; current: boolean }[] }>('GET', '/auth/sessions');
    expect(body.items).toMatchObject([{ current: false, ip: '127.0.0.1' }, { current: true }]);
    const path = `/auth/sessions/${body.items[0]?.id}`;
    const notHers = await scene.send(eve.client, 'DELETE', path);
    expect([notHers.status, notHers.events[0]?.reason]).toEqual([404, 'not_found']);
    const closed = await scene.send(ada.client, 'DELETE', path);
    expect(closed.events).toMatchObject([{ type: 'session_revoked', details: { revokedBy: 'user' } }]);
    expect((await scene.send(other, 'GET', '/auth/me')).status).toBe(401);
    const all = await scene.send(ada.client, 'DELETE', '/auth/sessions');
    expect(all.body).toEqual({ revoked: 1 });
    expect(all.events).toMatchObject([{ type: 'all_sessions_revoked', details: { sessionsRevokedCount: 1 } }]);
    expect((await scene.send(ada.client, 'GET', '/auth/me')).status).toBe(401);
  });

  it('locks an account after repeated failures, even for the right password, and unlocks it after a while', async () => {
    const { id, email } = await scene.person();
    const attempt = (password: string) => scene.logIn(scene.anybody(), email, password);
    const wrong = await attempt('wrong');
    expect(wrong.events).toMatchObject([{ reason: 'invalid_password', details: { attempts: 1 } }]);
    await attempt('wrong');
    expect((await attempt('wrong')).events).toMatchObject([
      { type: 'suspicious_session_activity', resource: `user ${id}`, details: { activityType: 'repeated_failures' } },
      { type: 'user_login_failed', reason: 'invalid_password', details: { attempts: 3 } },
    ]);
    const locked = await attempt(PASSWORD);
    expect(locked.events).toMatchObject([{ type: 'user_login_failed', reason: 'locked' }]);
    expect([locked.status, locked.body]).toEqual([401, wrong.body]);
    await scene.sql(`UPDATE auth_user SET locked_until = now() - interval '1 s' WHERE id = $1`, id);
    expect((await attempt('wrong')).events).toMatchObject([{ reason: 'invalid_password', details: { attempts: 1 } }]);
    expect((await attempt(PASSWORD)).types).toEqual(['user_login_success']);
  });
});
