import { jetstream } from '@nats-io/jetstream';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import type pg from 'pg';
import { AuditAggregator } from '../../../src/audit/index.js';
import { JetStreamModule, type JetStreamOptions } from '../../../src/extensions/jetstream/index.js';
import { AuditPrivacy } from '../../../src/monitoring/index.js';
import { LEADER } from '../../../src/monitoring/store/ledger-roles.js';
import {
  eventually,
  freshKeyFile,
  makeSequencer,
  makeSigner,
  openClient,
  ORIGIN,
  runSql,
  tempFolder,
} from '../../support/index.js';
import { startLedgerApp } from '../../support/ledger-app.js';
import { NatsCluster } from '../../support/nats-cluster.js';
import { ReplicatedServers } from '../../support/replicated-servers.js';

const STREAM = 'AUDIT';
const keyFile = freshKeyFile();
let app: INestApplicationContext | undefined;

const [nats, postgres] = await Promise.all([NatsCluster.start(), ReplicatedServers.open()]);
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(async () => {
  await nats.stop();
  await postgres.remove();
});

async function start(given: Partial<JetStreamOptions> = {}, readUrl?: string): Promise<AuditAggregator> {
  const { app: started } = await startLedgerApp(postgres.primary.url, {
    audit: { spillDir: await tempFolder('audit-spill-') },
    monitoring: { readUrl, signingKeyFile: keyFile, origin: ORIGIN },
    extensions: [JetStreamModule.forRoot({ servers: nats.servers, stream: STREAM, tls: false, ...given })],
  });
  app = started;
  return app.get(AuditAggregator);
}

/** Keeps the instances of the test from leading, until the client ends. */
async function leadElsewhere(): Promise<pg.Client> {
  const client = await openClient(postgres.primary.superuserUrl);
  const { class: lock, table } = LEADER.lock;
  await client.query('SELECT pg_advisory_lock($1, hashtext($2::regclass::oid::text))', [lock, table]);
  return client;
}

async function countStored(ids: readonly string[]): Promise<number> {
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
    await eventually(async () => (await countStored(ids)) === ids.length);
    await eventually(async () => {
      const { state } = await nats.use((manager) => manager.streams.info(STREAM));
      return state.messages === 1;
    });
  });

  it('is recorded, if that is waited for', async () => {
    const audit = await start({ acknowledge: 'recorded' });
    const { eventId, providers } = await audit.record('order_created', {});
    expect(providers).toEqual({ database: { status: 'recorded' } });
    expect(await countStored([eventId])).toBe(1);
  });

  it('is recorded by what the primary has, also while the replica of readUrl is away', async () => {
    const audit = await start({ acknowledge: 'recorded' }, 'postgresql://nobody@127.0.0.1:1/away');
    const { eventId, providers } = await audit.record('order_created', {});
    expect(providers).toEqual({ database: { status: 'recorded' } });
    expect(await countStored([eventId])).toBe(1);
  });

  it('is stored once, though its envelope is published again, within the duplicate window and behind it', async () => {
    const stream = 'SHORT';
    await nats.use((manager) =>
      manager.streams.add({
        ...{ name: stream, subjects: [`${stream}.>`], num_replicas: 3, discard: 'new' },
        duplicate_window: 100_000_000,
      }),
    );
    const leader = await leadElsewhere();
    const audit = await start({ stream });
    const { eventId } = await audit.record('order_created', {});
    await nats.use(async (manager, connection) => {
      const kept = await manager.streams.getMessage(stream, { seq: 1 });
      const msgID = kept?.header.get('Nats-Msg-Id') ?? '';
      const publish = () => jetstream(connection).publish(kept?.subject ?? '', kept?.data, { msgID });
      await publish();
      await eventually(async () => !(await publish()).duplicate); // the window is over
      const { state } = await manager.streams.info(stream);
      expect(state.messages).toBeGreaterThan(1);
    });
    await leader.end();
    await eventually(async () => (await countStored([eventId])) === 1);
    await eventually(async () => {
      const { state } = await nats.use((manager) => manager.streams.info(stream));
      return state.messages === 1;
    });
  });

  it('is stored behind a message that is not an envelope, and is missed by its place when the stream was lost', async () => {
    const stream = 'TORN';
    const audit = await start({ stream });
    const first = await audit.record('order_created', {});
    await eventually(async () => (await countStored([first.eventId])) === 1);
    await app?.close();
    await nats.use(async (manager, connection) => {
      const subject = (await manager.streams.getMessage(stream, { last_by_subj: `${stream}.>` }))?.subject ?? '';
      await jetstream(connection).publish(subject, 'hello');
    });
    const again = await start({ stream });
    const second = await again.record('order_created', {});
    await eventually(async () => (await countStored([second.eventId])) === 1);
    await nats.use(async (manager) => {
      const { config } = await manager.streams.info(stream);
      await manager.streams.delete(stream);
      await manager.streams.add(config);
    });
    const third = await again.record('order_created', {});
    await eventually(async () => (await countStored([third.eventId])) === 1);
    const select = `SELECT type, details FROM audit_event WHERE type LIKE 'audit\\_ingest\\_%' ORDER BY id`;
    const seen = () => runSql(postgres.primary.superuserUrl, select);
    await eventually(async () => (await seen()).length === 3);
    const own = (await seen()).map(({ type, details }) => [type, details]);
    expect(own).toEqual(
      expect.arrayContaining([
        ['audit_ingest_parked', expect.objectContaining({ sequence: 2, bytes: 5 })],
        ['audit_ingest_rewound', expect.objectContaining({ sequence: 3 })],
        ['audit_ingest_rewound', expect.objectContaining({ acknowledged: 3 })],
      ]),
    );
  });

  it('is accepted while PostgreSQL is down, and stored when it is back', async () => {
    const audit = await start();
    await audit.record('order_created', {});
    await postgres.primary.stop();
    const { eventId, providers } = await audit.record('order_created', {});
    expect(providers).toEqual({ database: { status: 'accepted' } });
    await postgres.primary.start();
    await eventually(async () => (await countStored([eventId])) === 1);
  });

  it('is sealed although an instance without JetStreamModule leads: it yields', async () => {
    const { sequencer } = makeSequencer(postgres.primary.url, await makeSigner(keyFile));
    sequencer.start();
    await eventually(() => sequencer.role === 'leading');
    const audit = await start();
    const { eventId } = await audit.record('order_created', {});
    await eventually(async () => (await countStored([eventId])) === 1);
    await sequencer.stop();
    await sequencer.close();
  });

  it('is erased, though it was accepted and not yet stored when the erasure began', async () => {
    const stream = 'ERASED';
    const leader = await leadElsewhere();
    const audit = await start({ stream });
    const { eventId } = await audit.record('order_created', { actor: { type: 'user', id: 'u-erased', name: 'Ada' } });
    const privacy = app?.get(AuditPrivacy);
    const request = { by: { type: 'admin', id: 'a-1' }, reason: 'a request' } as const;
    const { id = '' } = (await privacy?.erase({ id: 'u-erased', identifiers: ['u-erased'] }, request)) ?? {};
    const problem = await eventually(async () => (await privacy?.find(id))?.problem);
    expect(problem).toContain('events that JetStream accepted earlier still wait');
    await leader.end();
    await app?.close();
    await start({ stream });
    const done = app?.get(AuditPrivacy);
    await eventually(async () => (await done?.find(id))?.state === 'done');
    const [row] = await runSql(
      postgres.primary.superuserUrl,
      'SELECT actor_name, personal_salt FROM audit_event WHERE id = $1',
      [eventId],
    );
    expect(row).toEqual({ actor_name: null, personal_salt: null });
  });

  it('is spilled while no quorum answers, and stored when it does', async () => {
    const audit = await start();
    const [first = '', second = ''] = nats.names;
    await nats.killNode(first);
    await nats.killNode(second);
    const { eventId, providers } = await audit.record('order_created', {});
    expect(providers.database?.status).toBe('spilled');
    nats.startNode(first);
    nats.startNode(second);
    await eventually(async () => (await countStored([eventId])) === 1);
  });
});

describe('the boot', () => {
  it('continues without any server', async () => {
    const audit = await start({ servers: ['127.0.0.1:1'] });
    const { providers } = await audit.record('order_created', {});
    expect(providers.database?.status).toBe('spilled');
  });

  it('refuses a stream that would lose events, and says why', async () => {
    await nats.use((manager) =>
      manager.streams.add({ name: 'LOSSY', subjects: ['LOSSY.>'], max_age: 3_600_000_000_000, num_replicas: 1 }),
    );
    await expect(start({ stream: 'LOSSY' })).rejects.toMatchObject({
      code: 'AUDIT_INGEST_UNSAFE',
      message: expect.stringMatching(/discards old messages.*has 1 replicas, not 3.*removes messages by their age/),
    });
  });

  it('refuses servers that do not call fsync for each write, if that is required', async () => {
    const { monitoringUrls } = nats;
    await expect(start({ monitoringUrls, require: 'fsync' })).rejects.toMatchObject({
      code: 'AUDIT_INGEST_UNSAFE',
      message: expect.stringMatching(/n1: version 2\.\d+\.\d+ calls fsync.*n3: version/),
    });
  });
});
