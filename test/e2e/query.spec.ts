import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.js';
import { ADAPTERS } from '../support/http-app.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

describe.each(ADAPTERS)('GET /audit/events, on %s', (adapter) => {
  let database: TestDatabase;
  let app: ReferenceApp;
  let admin: ApiClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startReferenceApp(database.url, { HTTP_ADAPTER: adapter });
    admin = new ApiClient(app.url);
    for (let login = 0; login < 3; login++) await admin.logIn(ADMIN.email, ADMIN.password);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it.each([
    ['limit', '0'],
    ['limit', '201'],
    ['limit', 'ten'],
    ['limit', ''],
    ['outcome', 'won'],
    ['severity', 'fatal'],
    ['type', 'Not A Type'],
    ['ip', '999.1.1.1'],
    ['ip', '10.0.0.0/33'],
    ['from', 'yesterday'],
    ['to', '2026-13-01'],
    ['cursor', 'forged'],
    ['unknown', 'x'],
    ['actorId', 'x&actorId=y'],
    ['actorId', '%00'],
  ])('answers 400 to %s=%s and names it', async (name, value) => {
    const { status, body } = await admin.send('GET', `/audit/events?${name}=${value}`);
    expect(status).toBe(400);
    expect(JSON.stringify(body.message)).toContain(name);
  });

  it('answers 400 to a range that ends before it begins', async () => {
    const { status, body } = await admin.send('GET', '/audit/events?from=2026-02-01&to=2026-01-01');
    expect(status).toBe(400);
    expect(JSON.stringify(body.message)).toContain('from');
  });

  it('pages by cursor', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await admin.send<{ items: { id: string }[]; nextCursor: string | null }>(
        'GET',
        `/audit/events?limit=1&type=user_login${query}`,
      );
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    expect(seen).toHaveLength(3);
    expect(seen).toEqual([...seen].sort().reverse());
  });

  it('answers 404 for an event that is not there, and 400 for what is no id', async () => {
    expect((await admin.send('GET', '/audit/events/01890000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await admin.send('GET', '/audit/events/nothing')).status).toBe(400);
  });
});
