import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ADAPTERS, type Answer, ApiClient, eventually, kept, onEach, testDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { requestIdOf } from '../support/request-ids.js';

const scenes = await onEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const app = await kept(startReferenceApp(database.url, { HTTP_ADAPTER: adapter }));
  const client = new ApiClient(app.url);
  await client.send('POST', '/auth/register', {
    email: 'bob@example.com',
    password: 'bob has a secret',
    name: 'Bob',
  });
  await client.logIn('bob@example.com', 'bob has a secret');
  const lock = await kept(new pg.Client({ connectionString: database.superuserUrl }));
  await lock.connect();
  return { database, client, lock };
});

describe.each(scenes)('a response waits for its event, on $adapter', ({ database, client, lock }) => {
  const order = () => client.send('POST', '/orders', { items: [{ sku: 'tea', quantity: 1, unitPriceCents: 1 }] });

  const waitingWriters = async () => {
    const [row] = await database.superuserSql(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE datname = $1 AND wait_event_type = 'Lock' AND query ~ 'INSERT INTO audit_inbox|audit_(try_)?accept' AND pid <> pg_backend_pid()`,
      [database.name],
    );
    return Number(row?.waiting);
  };

  it.each<[string, () => Promise<Answer<object>>, number]>([
    [
      'a login that fails',
      () => client.send('POST', '/auth/login', { email: 'bob@example.com', password: 'wrong wrong' }),
      401,
    ],
    ['an order', order, 201],
    ['a denied call', () => client.send('POST', '/admin/stores', { name: 'Mine' }), 403],
  ])('%s', async (_what, call, status) => {
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE audit_inbox IN EXCLUSIVE MODE');
    let answered = false;
    const answer = call().finally(() => (answered = true));

    await eventually(async () => (await waitingWriters()) > 0);
    expect(answered).toBe(false);
    await lock.query('COMMIT');

    expect((await answer).status).toBe(status);
  });
});

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url));

it('a ledger that is down costs no response and no event: the spill keeps it and brings it when the ledger is back', async () => {
  const admin = new ApiClient(app.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  await database.superuserSql('ALTER TABLE audit_inbox RENAME TO audit_inbox_gone');
  const { status } = await admin.send(
    'POST',
    '/admin/stores',
    { name: 'Kiosk' },
    { 'x-request-id': requestIdOf('while-down') },
  );
  expect(status).toBe(201);
  const health = await new ApiClient(app.url).send('GET', '/health');
  expect(health).toMatchObject({ status: 200, body: { details: { audit: { state: 'degraded' } } } });

  await database.superuserSql('ALTER TABLE audit_inbox_gone RENAME TO audit_inbox');
  const replayed = await eventually(async () => {
    const events = await admin.events(`requestId=${requestIdOf('while-down')}`);
    return events.length > 0 && events;
  });
  expect(replayed).toMatchObject([{ type: 'store_created', request: { statusCode: 201 } }]);
});
