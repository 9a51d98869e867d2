import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { AuditAggregator, AuditModule } from '../../src/audit/index.js';
import { MonitoringModule, type IngestOptions } from '../../src/modules/monitoring/index.js';
import { eventually } from '../support/eventually.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { ORIGIN } from '../support/log-scene.js';
import { NatsCluster } from '../support/nats-cluster.js';
import { ReplicatedServers } from '../support/replicated-servers.js';
import { runSql } from '../support/sql.js';

const STREAM = 'AUDIT';
const keyFile = freshKeyFile();
let nats: NatsCluster;
let postgres: ReplicatedServers;
let app: INestApplicationContext;
let spillDir: string;

beforeAll(async () => {
  [nats, postgres] = await Promise.all([NatsCluster.start(), ReplicatedServers.open()]);
});
afterEach(async () => {
  await app.close();
  await rm(spillDir, { recursive: true, force: true });
});
afterAll(async () => {
  await nats.stop();
  await postgres.remove();
});

async function start(jetstream: Partial<IngestOptions['jetstream']> = {}): Promise<AuditAggregator> {
  spillDir = await mkdtemp(join(tmpdir(), 'audit-spill-'));
  const testing = await Test.createTestingModule({
    imports: [
      AuditModule.forRoot({ spillDir }),
      ScheduleModule.forRoot(),
      MonitoringModule.forRootAsync({
        useFactory: () => ({
          connectionUrl: postgres.primary.url,
          authorize: () => ({ scope: 'all' }),
          signingKeyFile: keyFile,
          origin: ORIGIN,
          ingest: { jetstream: { servers: nats.servers, stream: STREAM, tls: false, ...jetstream } },
        }),
      }),
    ],
  }).compile();
  testing.useLogger(process.env.SHOW_LOG === undefined ? false : console);
  app = await testing.init();
  return app.get(AuditAggregator);
}

async function storedOf(ids: readonly string[]): Promise<number> {
  const [row] = await runSql(
    postgres.primary.superuserUrl,
    'SELECT count(*)::int AS events FROM audit_event WHERE id = ANY ($1)',
    [ids],
  );
  return Number(row?.events);
}

describe('with JetStream in front', () => {
  it('is accepted, and then stored, sealed and trimmed', async () => {
    const audit = await start();
    const receipts = await Promise.all(
      Array.from({ length: 300 }, (_, nth) =>
        audit.record('order_created', { actor: { type: 'user', id: `u-${nth}`, name: 'Ada "Q"' } }),
      ),
    );
    expect(new Set(receipts.map(({ providers }) => providers.database?.status))).toEqual(new Set(['accepted']));
    const ids = receipts.map(({ eventId }) => eventId);
    await eventually(async () => (await storedOf(ids)) === ids.length);
    await eventually(async () => {
      const { state } = await nats.use((manager) => manager.streams.info(STREAM));
      return state.messages === 1;
    });
  });

  it('is recorded, if that is waited for', async () => {
    const audit = await start({ acknowledge: 'recorded' });
    const { eventId, providers } = await audit.record('order_created', {});
    expect(providers).toEqual({ database: { status: 'recorded' } });
    expect(await storedOf([eventId])).toBe(1);
  });
});
