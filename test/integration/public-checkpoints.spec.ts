import { describe, expect, it } from '@jest/globals';
import { ADAPTERS, addEvents, eventually, withClient, keptApp, onEach, testDatabase } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';

const scenes = await onEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const running = await keptApp(
    startLedgerApp(database.url, {
      adapter,
      monitoring: { authorize: accessOfHeader, publicCheckpoints: true },
    }),
  );
  async function get(path: string, headers = {}): Promise<Response> {
    return fetch(`${running.url}/audit/${path}`, { headers });
  }
  expect((await get('checkpoint')).status).toBe(404);
  const ids = await withClient(database.url, (client) => addEvents(client, 300));
  await eventually(async () => (await get('checkpoint')).status === 200);
  return { ids, get };
});

describe.each(scenes)('with publicCheckpoints, on $adapter', ({ ids, get }) => {
  it.each(['checkpoint', 'tile/0/000', 'tile/1/000.p/1', 'consistency?from=0', 'keys'])(
    'everybody may read %s',
    async (path) => {
      expect((await get(path)).status).toBe(200);
    },
  );

  it('an access with an empty id is refused by name', async () => {
    const answer = await get('events', { 'x-access': '{"scope":"subject","subjectId":""}' });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('without valid subjectId') });
  });

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
