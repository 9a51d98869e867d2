import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/modules/monitoring/index.js';
import {
  ADAPTERS,
  addEvents,
  createTestDatabase,
  eventually,
  freshKeyFile,
  listen,
  type ListeningApp,
  type TestDatabase,
  withClient,
} from '../support/index.js';

describe.each(ADAPTERS)('with publicCheckpoints, on %s', (adapter) => {
  let database: TestDatabase;
  let running: ListeningApp;
  let ids: readonly string[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const { url } = database;
    @Module({
      imports: [
        AuditModule.forRoot({}),
        ScheduleModule.forRoot(),
        MonitoringModule.forRootAsync({
          useFactory: () => ({
            connectionUrl: url,
            authorize: () => false,
            signingKeyFile: freshKeyFile(),
            publicCheckpoints: true,
          }),
        }),
      ],
    })
    class PublicModule {}
    running = await listen(PublicModule, adapter);
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
