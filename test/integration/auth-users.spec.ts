import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthScene, textOf } from '../support/auth-scene.js';
import { ADMIN } from '../support/reference-app.js';

describe('users by administrators', () => {
  let scene: AuthScene;

  beforeAll(async () => {
    scene = await AuthScene.open({ TRUST_PROXY: 'loopback' });
  });

  afterAll(async () => {
    const leaks = await scene.leaks();
    await scene.close();
    expect(leaks).toEqual([]);
  });

  it('who are deactivated lose their sessions for good', async () => {
    const { id, client, email } = await scene.person();
    const admin = await scene.admin();
    await scene.send(admin, 'POST', `/admin/users/${id}/deactivate`);
    expect((await scene.send(client, 'GET', '/auth/me')).status).toBe(401);
    const activated = await scene.send(admin, 'POST', `/admin/users/${id}/activate`);
    expect(activated.events).toMatchObject([
      { type: 'user_activated', changes: { before: { active: false }, after: { active: true } } },
    ]);
    expect((await scene.send(client, 'GET', '/auth/me')).status).toBe(401);
    expect((await scene.logIn(client, email)).status).toBe(200);
  });

  it('who are deleted are gone', async () => {
    const { id, client, email } = await scene.person();
    const admin = await scene.admin();
    expect((await scene.send(admin, 'DELETE', `/admin/users/${id}`)).status).toBe(204);
    expect((await scene.send(admin, 'GET', `/admin/users/${id}`)).status).toBe(404);
    expect((await scene.logIn(client, email)).events).toMatchObject([{ reason: 'unknown_user' }]);
  });

  it('do not lock themselves out', async () => {
    const admin = await scene.admin();
    const me = textOf((await scene.send(admin, 'GET', '/auth/me')).body, 'id');
    const refused = [
      await scene.send(admin, 'POST', `/admin/users/${me}/deactivate`),
      await scene.send(admin, 'DELETE', `/admin/users/${me}`),
      await scene.send(admin, 'PATCH', `/admin/users/${me}`, { roles: ['user'] }),
    ];
    expect(refused.map(({ status, events }) => [status, events[0]?.reason])).toEqual(
      Array.from({ length: 3 }, () => [409, 'own_account']),
    );
  });

  it('who are administrators leave one of them, even if they turn on each other at once', async () => {
    const admin = await scene.admin();
    const me = textOf((await scene.send(admin, 'GET', '/auth/me')).body, 'id');
    const { id, email, client } = await scene.person();
    const ways: readonly ((other: string) => readonly [method: string, path: string, body?: object])[] = [
      (other) => ['PATCH', `/admin/users/${other}`, { roles: ['user'] }],
      (other) => ['POST', `/admin/users/${other}/deactivate`],
    ];
    for (const way of ways) {
      await scene.sql(`UPDATE auth_user SET active = true, roles = '{user,admin}' WHERE id = ANY ($1)`, [me, id]);
      await scene.logIn(admin, ADMIN.email, ADMIN.password);
      await scene.logIn(client, email);
      await Promise.all([admin.send(...way(id)), client.send(...way(me))]);
      const left = await scene.sql(`SELECT 1 FROM auth_user WHERE active AND roles @> '{admin}'`);
      expect(left).toHaveLength(1);
    }
    await scene.sql(`UPDATE auth_user SET active = true, roles = '{user,admin}' WHERE id = $1`, me);
  });
});
