import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ADAPTERS,
  addEvents,
  createTestDatabase,
  eventually,
  type ListeningApp,
  type TestDatabase,
  withClient,
} from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

describe.each(ADAPTERS)('with publicCheckpoints, on %s', (adapter) => {
  let database: TestDatabase;
  let running: ListeningApp;
  let ids: readonly string[];

  beforeAll(async () => {
    database = await createTestDatabase();
    running = await startLedgerApp(database.url, {
      adapter,
      monitoring: { authorize: () => false, publicCheckpoints: true },
    });
    expect((await get('checkpoint')).status).toBe(404);
    ids = await withClient(database.url, (client) => addEvents(client, 300));
    await eventually(async () => (await get('checkpoint')).status === 200);
  });
  afterAll(async () => {
    await running.app.close();
    await database.drop();
  });

  async function get(path: string): Promise<Response> {
    return fetch(`${running.url}/audit/${path}`);
  }

  it.each(['checkpoint', 'tile/0/000', 'tile/1/000.p/1', 'consistency?from=0', 'keys'])(
    'everybody may read %s',
    async (path) => {
      expect((await get(path)).status).toBe(200);
    },
  );

  it('anybody may cache tiles', async () => {
    expect((await get('tile/0/000')).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it.each(['tile/entries/000', 'tile/entries/000.p/1', 'tile/entries/x000/000', 'events'])(
    'nobody gets %s without being authorised',
    async (path) => {
      expect((await get(path)).status).toBe(403);
    },
  );

  it('nobody gets a proof without being authorised', async () => {
    expect((await get(`events/${ids[0]}/proof`)).status).toBe(403);
  });
});
