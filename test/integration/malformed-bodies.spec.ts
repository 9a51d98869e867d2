import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADAPTERS } from '../support/http-app.js';
import { startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

describe.each(ADAPTERS)('on %s a body that cannot be validated is answered with 400', (adapter) => {
  let database: TestDatabase;
  let app: ReferenceApp;
  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startReferenceApp(database.url, { HTTP_ADAPTER: adapter });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it.each([
    ['half of a character', String.raw`{"email":"\ud800@x","password":"a rather long secret"}`, /surrogate/],
    ['half of a character in a name', String.raw`{"\ud800":1}`, /surrogate/],
    ['20,000 nested lists', nested(20_000), /more than 64 levels/],
    ['20,000 nested lists in a field', `{"email":${nested(20_000)},"password":"x"}`, /more than 64 levels/],
  ])('with %s', async (_what, body, message) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${app.url}/auth/login`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { message?: unknown };
    expect(response.status).toBe(400);
    expect(String(answer.message)).toMatch(message);
  });
});
