import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { ADMINISTRATION_ROUTES } from '../support/administration-routes.js';
import { AUTH_ROUTES } from '../support/auth-routes.js';
import { AuthScene, PASSWORD, textOf } from '../support/auth-scene.js';
import { COMMERCE_ROUTES } from '../support/commerce-routes.js';
import { changingRoutes } from '../support/forgotten/called-routes.js';
import type { OpenApi } from '../support/forgotten/open-api.js';
import { kept, settled, type ApiClient, type ShownEvent } from '../support/index.js';
import { ADMIN } from '../support/reference-app.js';

type ShownChanges = ShownEvent & { readonly changes?: { readonly before: unknown; readonly after: unknown } };

interface Call {
  readonly title: string;
  readonly status: number;
  readonly wantedStatus: number;
  readonly requestId: string;
  readonly expectEvents: (events: readonly ShownChanges[]) => void;
  /** Read before somebody's account is erased; by the test if absent. */
  events?: readonly ShownChanges[];
}

/** All requests are sent before the first test, so that the ledger is sealed once. */
const calls: Call[] = [];
const scene = await kept(AuthScene.open());
const admin = await scene.admin();
await callAuth();
await callCommerce();
await callAdministration();
await settled(scene.database);

async function callAuth(): Promise<void> {
  const { client } = await scene.person();
  const [changed, deleted, leaving] = [await scene.person(), await scene.person(), await scene.person()];
  const wanted = { email: `${uuidv7()}@example.com`, name: 'Bob', password: PASSWORD };
  const key = await scene.call(client, 'POST', '/auth/me/api-keys', { name: 'import' });
  const given: Readonly<Record<string, readonly [ApiClient, path: string, body?: object]>> = {
    'POST /auth/register': [scene.anybody(), '/auth/register', wanted],
    'POST /auth/login': [scene.anybody(), '/auth/login', ADMIN],
    'POST /auth/logout': [leaving.client, '/auth/logout'],
    'POST /auth/me/api-keys': [client, '/auth/me/api-keys', { name: 'import' }],
    'DELETE /auth/me/api-keys/:id': [client, `/auth/me/api-keys/${textOf(key.body, 'id')}`],
    'PATCH /admin/users/:id': [admin, `/admin/users/${changed.id}`, { name: 'Eve', roles: ['user', 'auditor'] }],
    'DELETE /admin/users/:id': [admin, `/admin/users/${deleted.id}`],
  };
  for (const { route, success, denied } of AUTH_ROUTES) {
    const [method = '', path = ''] = route.split(' ');
    const [by, at, body] = given[route] ?? [scene.anybody(), path];
    const { status, requestId } = await scene.call(by, method, at, body);
    const typesOf = (events: readonly ShownChanges[]) => events.map(({ type }) => type);
    const expectEvents = (events: readonly ShownChanges[]) => expect(typesOf(events)).toEqual(success);
    calls.push({
      title: `${route}: success`,
      status,
      wantedStatus: status < 300 ? status : 200,
      requestId,
      expectEvents,
    });
    if (!/me|logout|admin/.test(route)) continue;
    const refused = route.includes('/admin') ? { by: client, status: 403, reason: 'missing_role' } : { by: scene.anybody(), status: 401, reason: 'token_missing' }; // prettier-ignore
    const unknown = path.replace(':id', uuidv7());
    const answer = await scene.call(refused.by, method, unknown, method === 'DELETE' ? undefined : {});
    calls.push({
      ...{
        title: `${route}: denied`,
        status: answer.status,
        wantedStatus: refused.status,
        requestId: answer.requestId,
      },
      expectEvents: (events) => {
        expect(typesOf(events)).toEqual(denied);
        expect(events[0]).toMatchObject({ outcome: 'denied', reason: refused.reason });
      },
    });
  }
}

async function callCommerce(): Promise<void> {
  const callers = { admin, customer: (await scene.person()).client, nobody: scene.anybody() };
  for (const row of COMMERCE_ROUTES) {
    const { id: given, body, details, changes } = await row.prepare(callers);
    const [method = '', path = ''] = row.route.replace(':id', given ?? '').split(' ');
    const answer = await scene.call(callers[row.by], method, path, body);
    const id = given ?? (row.outcome === 'success' ? answer.body.id : undefined);
    calls.push({
      ...{ title: `${row.route}: ${row.type}`, status: answer.status, wantedStatus: row.status },
      requestId: answer.requestId,
      expectEvents: (events) => {
        expect(events).toMatchObject([
          {
            type: row.type,
            outcome: row.outcome,
            request: { statusCode: row.status },
            resource: { type: row.resourceType, ...(id === undefined ? {} : { id }) },
            severity: row.outcome === 'success' ? 'info' : 'warning',
            actor: { type: row.by === 'nobody' ? 'anonymous' : 'user' },
          },
        ]);
        const [event] = events;
        expect([event?.reason, event?.details]).toEqual([row.reason, details ?? {}]);
        if (changes) expect(event?.changes).toMatchObject({ before: changes[0], after: changes[1] });
        else expect(event?.changes).toBeUndefined();
      },
    });
  }
}

/** All these fields are compared, so that no unexpected value stays unseen. */
function told({ type, outcome, reason, resource, details, changes }: ShownChanges): object {
  return { type, outcome, reason, resource, details, changes: changes && [changes.before, changes.after] };
}

async function callAdministration(): Promise<void> {
  const [user, member] = [await scene.person(), await scene.person()];
  const store = await scene.call(admin, 'POST', '/admin/stores', { name: 'Corner shop' });
  const storeId = textOf(store.body, 'id');
  await scene.call(admin, 'POST', `/admin/stores/${storeId}/members`, { userId: member.id, role: 'cashier' });
  const adminId = textOf((await scene.call(admin, 'GET', '/auth/me')).body, 'id');
  const world = Object.entries({ storeId, memberId: member.id, userId: user.id, adminId, unknownId: uuidv7() });
  const inWorld = (text: string): string => world.reduce((seen, [name, id]) => seen.replace(`:${name}`, id), text);
  const outOfWorld = (events: readonly object[]): unknown =>
    JSON.parse(world.reduce((seen, [name, id]) => seen.replaceAll(id, `:${name}`), JSON.stringify(events)));
  const clients = { admin, user: user.client, nobody: scene.anybody() };
  const first = calls.length;
  for (const row of ADMINISTRATION_ROUTES) {
    const method = row.route.split(' ', 1)[0] ?? '';
    if (row.route === 'DELETE /me' && row.status === 204) await readEvents(calls.slice(first));
    const { status, requestId } = await scene.call(clients[row.as], method, inWorld(row.path), row.body);
    const call: Call = {
      ...{ title: `${row.route}: ${row.case}, as ${row.as}`, status, wantedStatus: row.status, requestId },
      expectEvents: (events) => {
        expect(events).toHaveLength(row.expected.length);
        expect(outOfWorld(events.map(told))).toEqual(expect.arrayContaining(row.expected));
      },
    };
    calls.push(call);
    if (row.route === 'DELETE /me' && row.status === 204) await readEvents([call]);
  }
}

async function readEvents(of: readonly Call[]): Promise<void> {
  await settled(scene.database);
  for (const call of of) call.events = await admin.events(`requestId=${call.requestId}&order=asc`);
}

describe('every route of the shop that changes state', () => {
  it.each(calls)('$title ($wantedStatus) is recorded as its table says', async (call) => {
    expect(call.status).toBe(call.wantedStatus);
    const events = call.events ?? (await admin.events(`requestId=${call.requestId}&order=asc`));
    expect(events.filter((event) => 'detailsIssues' in event)).toEqual([]);
    call.expectEvents(events);
  });

  it('is in a table, and no other route is', async () => {
    const { body } = await admin.send<OpenApi>('GET', '/docs-json');
    const changing = changingRoutes(body).map((route) => route.replaceAll(/\{(\w+)\}/g, ':$1'));
    const shops = changing.filter((route) => !route.includes(' /audit/'));
    const tables = [...AUTH_ROUTES, ...COMMERCE_ROUTES, ...ADMINISTRATION_ROUTES].map(({ route }) => route);
    const ofStores = ['POST /admin/stores', 'POST /admin/stores/:id/members']; // see shop-accounts.spec
    expect(shops.sort()).toEqual([...new Set([...tables, ...ofStores])].sort());
  });

  it('keeps no password, token, code or key in any table or in the log', async () => {
    await expect(scene.leaks()).resolves.toEqual([]);
  });
});
