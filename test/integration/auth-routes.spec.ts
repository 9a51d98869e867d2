import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { kept, onEach } from '../support/kept.js';
import { AUTH_ROUTES } from '../support/auth-routes.js';
import { AuthScene, PASSWORD, textOf, type AnyBody, type Seen } from '../support/auth-scene.js';
import { MAIN_ADAPTERS } from '../support/http-app.js';
import { ADMIN } from '../support/reference-app.js';
import { settled } from '../support/settled.js';

type Drive = (scene: AuthScene) => Promise<Seen<AnyBody>>;

function byPerson(method: string, path: string, body?: object): Drive {
  return async (scene) => scene.send((await scene.person()).client, method, path, body);
}

function byAnybody(path: string, body: object): Drive {
  return (scene) => scene.send(scene.anybody(), 'POST', path, body);
}

function aboutPerson(method: string, path: string, body?: object): Drive {
  return async (scene) => {
    const { id } = await scene.person();
    return scene.send(await scene.admin(), method, path.replace(':id', id), body);
  };
}

function wanted(): object {
  return { email: `${uuidv7()}@example.com`, name: 'Bob', password: PASSWORD };
}

const SUCCESS: Readonly<Record<string, Drive>> = {
  'POST /auth/register': byAnybody('/auth/register', wanted()),
  'POST /auth/login': byAnybody('/auth/login', ADMIN),
  'POST /auth/logout': byPerson('POST', '/auth/logout'),
  'POST /auth/me/api-keys': byPerson('POST', '/auth/me/api-keys', { name: 'import' }),
  'DELETE /auth/me/api-keys/:id': async (scene) => {
    const { client } = await scene.person();
    const { body } = await scene.send(client, 'POST', '/auth/me/api-keys', { name: 'import' });
    return scene.send(client, 'DELETE', `/auth/me/api-keys/${textOf(body, 'id')}`);
  },
  'PATCH /admin/users/:id': aboutPerson('PATCH', '/admin/users/:id', { name: 'Eve', roles: ['user', 'auditor'] }),
  'DELETE /admin/users/:id': aboutPerson('DELETE', '/admin/users/:id'),
};

describe.each(
  await onEach(MAIN_ADAPTERS, async (HTTP_ADAPTER) => ({ scene: await kept(AuthScene.open({ HTTP_ADAPTER })) })),
)('the routes of auth on $adapter', ({ scene }) => {
  it.each(AUTH_ROUTES)('$route makes the events of the table', async ({ route, success }) => {
    const done = await SUCCESS[route]?.(scene);
    expect([done?.types, done && done.status < 300]).toEqual([success, true]);
  });

  it.each(AUTH_ROUTES.filter(({ route }) => /me|sessions|logout|admin/.test(route)))(
    '$route denies who is unknown, or no administrator',
    async ({ route, denied }) => {
      const [method = '', path = ''] = route.split(' ');
      const client = route.includes('/admin') ? (await scene.person()).client : scene.anybody();
      const refused = await scene.send(
        client,
        method,
        path.replace(':id', uuidv7()),
        method === 'DELETE' ? undefined : {},
      );
      expect(refused.types).toEqual(denied);
      expect(refused.events[0]).toMatchObject({
        outcome: 'denied',
        reason: route.includes('/admin') ? 'missing_role' : 'token_missing',
      });
    },
  );

  it('has no details that contradict the catalogue', async () => {
    await settled(scene.database);
    expect(await scene.sql('SELECT type, details_issues FROM audit_event WHERE details_issues IS NOT NULL')).toEqual(
      [],
    );
  });

  it('keeps no password, token, code or key in any table or in the log', async () => {
    await expect(scene.leaks()).resolves.toEqual([]);
  });
});
