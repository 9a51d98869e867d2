import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { ADMINISTRATION_ROUTES } from '../support/administration-routes.js';
import { MAIN_ADAPTERS, ApiClient, kept, onEach, settled, testDatabase, type ShownEvent } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';

const PASSWORD = 'a rather long secret';

/** All these fields are compared, so that no unexpected value stays unseen. */
function told({ type, outcome, reason, resource, details, changes }: ShownEvent & { changes?: Changes }): object {
  return { type, outcome, reason, resource, details, changes: changes && [changes.before, changes.after] };
}
interface Changes {
  readonly before: unknown;
  readonly after: unknown;
}

const scenes = await onEach(MAIN_ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const app = await kept(startReferenceApp(database.url, { HTTP_ADAPTER: adapter }));
  const clients = { admin: new ApiClient(app.url), user: new ApiClient(app.url), nobody: new ApiClient(app.url) };
  const register = async (email: string) => {
    const { body } = await clients.nobody.send('POST', '/auth/register', { email, password: PASSWORD, name: 'Ada' });
    return String(body.id);
  };
  const [userId, memberId] = [await register('ada@example.com'), await register('member@example.com')];
  await clients.user.logIn('ada@example.com', PASSWORD);
  await clients.admin.logIn(ADMIN.email, ADMIN.password);
  const store = await clients.admin.send('POST', '/admin/stores', { name: 'Corner shop' });
  const storeId = String(store.body.id);
  await clients.admin.send('POST', `/admin/stores/${storeId}/members`, { userId: memberId, role: 'cashier' });
  const { body: admin } = await clients.admin.send('GET', '/auth/me');
  const world = { storeId, memberId, userId, adminId: String(admin.id), unknownId: uuidv7() };
  return { database, world, clients };
});

describe.each(scenes)('each route of administration, on $adapter,', ({ database, world, clients }) => {
  const inWorld = (text: string): string =>
    Object.entries(world).reduce((seen, [name, value]) => seen.replace(`:${name}`, value), text);

  const outOfWorld = (events: readonly object[]): unknown =>
    JSON.parse(
      Object.entries(world).reduce((seen, [name, id]) => seen.replaceAll(id, `:${name}`), JSON.stringify(events)),
    );

  it.each(ADMINISTRATION_ROUTES.map((row) => [row.route, row.case, row.as, row.status, row] as const))(
    '%s: %s, as %s (%d), is recorded as the table says',
    async (_route, _case, _as, _status, row) => {
      const requestId = uuidv7();
      const method = row.route.split(' ', 1)[0] ?? '';
      const { status } = await clients[row.as].send(method, inWorld(row.path), row.body, { 'x-request-id': requestId });
      expect(status).toBe(row.status);

      await settled(database);
      const events = await clients.admin.events(`requestId=${requestId}`);
      expect(events).toHaveLength(row.expected.length);
      expect(events.filter((event) => 'detailsIssues' in event)).toEqual([]);
      expect(outOfWorld(events.map(told))).toEqual(expect.arrayContaining(row.expected));
    },
  );
});
