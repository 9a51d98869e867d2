import { RequestMethod, type INestApplication, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { isOwnController } from '../../src/audit/coverage/own-controllers.js';
import type { MonitoringOptions } from '../../src/monitoring/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import { ADAPTERS, ApiClient, keptApp, closeEach, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const extensions = [
    StreamsModule.forRoot(),
    AlertsModule.forRoot({}),
    AuditViewerModule.forRoot({ shell: 'public' }),
  ];
  const monitoring: Partial<MonitoringOptions> = {
    authorize: (_request, permission) => ({ scope: 'all', permission }),
  };
  return keptApp(startLedgerApp(database.url, { adapter, monitoring, extensions }));
});

describe.each(scenes)('on $adapter', ({ app, url }) => {
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
      { subjectId: 1, identifiers: ['ada', 'ab', '李明'], reason: 'x', dryRun: 'yes' },
      [
        'subjectId must be a text of 1 to 512 characters',
        'identifiers.1 must be a text of 3 to 320 characters, or of 2 in Chinese, Japanese or Korean: a shorter text occurs in events of other people',
        'dryRun must be true or false',
      ],
    ],
    [
      '/audit/consumers/siem/resume',
      { from: -1, places: [] },
      ['from must be a sequence number, such as 1200, a day, or an RFC 3339 time', 'places is an unknown field'],
    ],
  ])('%s names each problem of the body %j', async (path, body, message) => {
    const refused = await new ApiClient(url).send('POST', path, body);
    expect(refused).toMatchObject({ status: 400, body: { statusCode: 400, error: 'Bad Request', message } });
  });

  const CHANGING = listChangingRoutes(app);
  const send = async (method: string, path: string, headers: object, body?: string | Buffer): Promise<number> => {
    const response = await fetch(url + path, { method, headers: { ...headers }, body: body ?? null });
    await response.body?.cancel();
    return response.status;
  };

  it.each([
    [{}],
    [{}, Buffer.from('{}')], // without a type, as from sendBeacon()
    [{ 'content-type': '' }],
    [{ 'content-type': 'text/plain' }, '{"a":"="}'],
    [{ 'content-type': 'application/json-patch; x' }, '{}'],
    [{ 'content-type': 'multipart/form-data; boundary=x' }, '--x\r\n\r\n\r\n--x--'],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'reason=x'],
  ] as const)('a form, which another site could send with the reader’s cookie, is refused: %j', async (...form) => {
    const [headers, body] = form;
    const elsewhere = {
      origin: 'https://evil.example.com',
      'sec-fetch-site': 'same-site',
      'sec-fetch-mode': 'no-cors',
    };
    expect(await send('POST', '/audit/holds', { ...elsewhere, ...headers }, body)).toBe(415);
  });

  it.each(CHANGING)('%s %s takes JSON alone, but from its own origin', async (method, path) => {
    expect(await send(method, path, { 'content-type': 'text/plain' }, 'a=b')).toBe(415);
    expect(await send(method, path, {})).toBe(415); // by a browser without the headers of Fetch
    expect(await send(method, path, { 'content-type': 'application/json' }, '{"unknown": 1}')).not.toBe(415);
    expect(await send(method, path, { 'sec-fetch-site': 'same-origin' })).not.toBe(415);
  });

  it('the routes that refuse forms are those of the ledger and of each extension', () => {
    const found = CHANGING.map(([, path]) => path.split('/', 3).join('/'));
    const extensions = ['consumers', 'erasures', 'holds'];
    expect([...new Set(found)].sort()).toEqual(extensions.map((extension) => `/audit/${extension}`).sort());
    expect(CHANGING.length).toBeGreaterThanOrEqual(8);
  });
});

/** Reads the routes from Nest itself, so that the test has new routes, too. */
function listChangingRoutes(app: INestApplication): readonly (readonly [method: string, path: string])[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.keys()]);
  const ours = controllers.filter((each): each is Type<object> => typeof each === 'function' && isOwnController(each));
  return ours.flatMap((controller) => {
    const { prototype } = controller as { readonly prototype: object };
    const handlers = new MetadataScanner()
      .getAllMethodNames(prototype)
      .map((name) => Reflect.get(prototype, name) as object);
    return handlers.flatMap((handler) => {
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod] as
        string | undefined;
      if (method === undefined || method === 'GET') return [];
      const parts = [controller, handler].map((each) => String(Reflect.getMetadata(PATH_METADATA, each)));
      const path = parts.map((part) => part.replace(/^\/|\/$/g, '')).filter(Boolean);
      return [
        [
          method,
          `/${path.join('/').replace(':id', '01890000-0000-7000-8000-000000000000').replace(/:\w+/, 'x')}`,
        ] as const,
      ];
    });
  });
}
