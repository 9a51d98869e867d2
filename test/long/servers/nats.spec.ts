import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  NatsDestination,
  type NatsDestinationOptions,
} from '../../../src/modules/streams/destinations/nats.destination.js';
import type { StreamBatch } from '../../../src/modules/streams/stream-destination.js';
import { eventually, kept, sampleEvent } from '../../support/index.js';
import { startLocalServer } from '../../support/local-server.js';
import { makeCertificate } from '../../support/make-certificate.js';
import { sampleBatch } from '../../support/stream-batches.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const never = new AbortController().signal;
const CHECKPOINT = 'origin\n1\nroot\n';
const { certificate, key } = makeCertificate('localhost');
let subject: string;
const opened: NatsDestination[] = [];

const server = await kept(
  startLocalServer({
    command: 'nats-server',
    args: ({ folder }) => ['-c', join(folder, 'nats.conf')],
    files: ({ folder, port }) => ({
      ...{ 'cert.pem': certificate, 'key.pem': key },
      'nats.conf': `listen: "127.0.0.1:${port}"
        jetstream { store_dir: "${folder}/store" }
        authorization { token: "secret" }
        tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`,
    }),
  }),
);
beforeEach(async () => {
  subject = `audit-${randomUUID()}`;
  await withServer(async (connection) => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: subject, subjects: [subject] });
  });
});
afterEach(async () => {
  for (const destination of opened.splice(0)) await destination.close();
});

async function withServer<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: `localhost:${server.port}`, token: 'secret', tls: { ca: certificate } });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

function destination(options: Partial<NatsDestinationOptions> = {}): NatsDestination {
  const servers = [`localhost:${server.port}`];
  const given = {
    type: 'nats',
    servers,
    subject,
    token: 'secret',
    ca: certificate,
    allowPrivateAddresses: true,
  } as const;
  const made = new NatsDestination({ ...given, ...options }, SOURCE);
  opened.push(made);
  return made;
}

function batchOf(count: number, first = 0): StreamBatch {
  return sampleBatch(
    Array.from({ length: count }, () => sampleEvent()),
    { first, checkpoint: CHECKPOINT },
  );
}

async function stored(): Promise<readonly { readonly id: string; readonly batch: string }[]> {
  return withServer(async (connection) => {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info(subject);
    const stream = await jetstream(connection).streams.get(subject);
    const found = [];
    for (let seq = 1; seq <= state.last_seq; seq++) {
      const message = await stream.getMessage({ seq });
      if (!message) continue;
      const { id } = message.json<{ id: string }>();
      found.push({ id, batch: message.header.get('Audit-Batch-id') });
    }
    return found;
  });
}

describe('nats-server with JetStream', () => {
  it('stores each event once and in order, though the batch is sent twice', async () => {
    const batches = [batchOf(20), batchOf(20, 20)];
    const nats = destination();
    for (const batch of [...batches, ...batches]) {
      await expect(nats.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });
    }
    expect(await stored()).toEqual(batches.flatMap(({ id: batch, events }) => events.map(({ id }) => ({ id, batch }))));
  });

  it('has the checkpoint of a batch as it was signed', async () => {
    await expect(destination().send(batchOf(2), never)).resolves.toEqual({ outcome: 'accepted' });
    const checkpoints = await withServer(async (connection) => {
      const stream = await jetstream(connection).streams.get(subject);
      const messages = await Promise.all([1, 2].map((seq) => stream.getMessage({ seq })));
      return messages.map((message) => message?.header.get('Audit-Batch-checkpoint'));
    });
    expect(checkpoints).toEqual([Buffer.from(CHECKPOINT).toString('base64'), '']);
  });

  it('has every event after it was killed amid the batches', async () => {
    const nats = destination();
    const batches = Array.from({ length: 10 }, (_, nth) => batchOf(20, nth * 20));
    for (const [nth, batch] of batches.entries()) {
      if (nth === 5) await server.restart();
      await eventually(async () => (await nats.send(batch, never)).outcome === 'accepted');
    }
    expect((await stored()).map(({ id }) => id)).toEqual(batches.flatMap(({ events }) => events.map(({ id }) => id)));
  });

  it('is tried again when the stream is missing, the token or the certificate wrong, or the network its own', async () => {
    const outcomes = await Promise.all(
      [
        destination({ subject: 'nowhere', timeoutMs: 1_000 }),
        destination({ token: 'wrong' }),
        destination({ servers: [`127.0.0.1:${server.port}`] }),
        new NatsDestination({ type: 'nats', servers: [`localhost:${server.port}`], subject, token: 'secret' }, SOURCE),
      ].map((each) => each.send(batchOf(1), never)),
    );
    expect(outcomes).toEqual([
      { outcome: 'retry', reason: expect.any(String) },
      { outcome: 'retry', reason: expect.stringMatching(/authorization/i) },
      { outcome: 'retry', reason: expect.stringContaining("not in the cert's list") },
      { outcome: 'retry', reason: expect.stringContaining('is not public') },
    ]);
    expect(await stored()).toEqual([]);
  });

  it('is not sent what is larger than it takes', async () => {
    const batch = batchOf(2);
    const details = { text: 'x'.repeat(1_100_000) };
    const events = batch.events.map((each, nth) => (nth === 1 ? { ...each, event: { ...each.event, details } } : each));
    await expect(destination().send({ ...batch, events }, never)).resolves.toEqual({
      ...{ outcome: 'refused', reason: "its message is longer than the server's max_payload", events: [events[1]?.id] },
    });
    expect(await stored()).toEqual([]);
  });
});
