import { describe, expect, it } from '@jest/globals';
import { ADAPTERS, ApiClient, kept, onEach, testDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';

const scenes = await onEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const app = await kept(startReferenceApp(database.url, { HTTP_ADAPTER: adapter }));
  return { app };
});

describe.each(scenes)('on $adapter', ({ app }) => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it.each([
    ['half of a character', String.raw`{"email":"\ud800@x","password":"a rather long secret"}`, /surrogate/],
    ['half of a character in a name', String.raw`{"\ud800":1}`, /surrogate/],
    ['20,000 nested lists', nested(20_000), /more than 64 levels/],
    ['20,000 nested lists in a field', `{"email":${nested(20_000)},"password":"x"}`, /more than 64 levels/],
  ])('a body that cannot be validated is answered with 400: %s', async (_what, body, message) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${app.url}/auth/login`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { message?: unknown };
    expect(response.status).toBe(400);
    expect(String(answer.message)).toMatch(message);
  });

  it.each([
    ['/audit/holds', [1], ['the body must be an object']],
    [
      '/audit/holds',
      { reasn: 'x', reason: ' ', until: 'soon' },
      [
        'reason must be a text of 1 to 1000 characters',
        'until must be a day or an RFC 3339 time, such as 2026-11-20 or 2026-11-20T08:00:00Z',
        'reasn is an unknown field (did you mean reason?)',
      ],
    ],
    [
      '/audit/erasures',
      { subjectId: 1, identifiers: ['ada', 'a'], reason: 'x', dryRun: 'yes' },
      [
        'subjectId must be a text of 1 to 512 characters',
        'identifiers.1 must be a text of 3 to 320 characters',
        'dryRun must be true or false',
      ],
    ],
    [
      '/audit/event-reviews',
      { kind: 'seen', events: ['1'] },
      ['kind must be one of reviewed, comment', 'events.0 must be a UUID'],
    ],
    [
      '/audit/streams/siem/resume',
      { from: -1, places: [] },
      ['from must be a sequence number, such as 1200, or an RFC 3339 time', 'places is an unknown field'],
    ],
  ])('%s names each problem of the body %j', async (path, body, message) => {
    const admin = new ApiClient(app.url);
    await admin.logIn(ADMIN.email, ADMIN.password);
    const refused = await admin.send('POST', path, body);
    expect(refused).toMatchObject({ status: 400, body: { statusCode: 400, error: 'Bad Request', message } });
  });

  it.each([
    ['/audit/erasures', 'subjectId=u-1&reason=x'],
    ['/audit/holds', 'actorId=u-1&reason=x'],
    ['/audit/reviews/2026-11-20/sign-off', 'comment=seen'],
    ['/audit/views', 'name=x&query=y'],
    ['/audit/alerts/01890000-0000-7000-8000-000000000000/resolve', 'verdict=benign'],
    ['/audit/suppressions', 'rule=x&until=2099-01-01&reason=x'],
  ])('%s refuses a form, which another site could send with the reader’s cookie', async (path, body) => {
    const admin = new ApiClient(app.url);
    await admin.logIn(ADMIN.email, ADMIN.password);
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json-patch; x']) {
      const headers = { 'content-type': type, authorization: `Bearer ${String(admin.token)}` };
      const response = await fetch(app.url + path, { method: 'POST', headers, body });
      expect(response.status).toBe(415);
    }
    for (const list of ['/audit/holds', '/audit/views', '/audit/reviews']) {
      const { body: found } = await admin.send<{ items?: unknown[] } | unknown[]>('GET', list);
      expect(Array.isArray(found) ? found : found.items).toEqual([]);
    }
  });
});
