import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { eventually, sampleEvent } from '../../../../test/support/index.js';
import { makeCertificate } from '../../../../test/support/make-certificate.js';
import { readSyslog } from '../../../../test/support/read-lines.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import type { StreamBatch } from '../stream-destination.js';
import type { OpenDestination } from '../define-destination.js';
import { syslog, type SyslogDestinationOptions } from './syslog.destination.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that reads frames by RFC 5425. */
class Receiver {
  readonly messages: string[] = [];
  readonly sockets: Socket[] = [];
  constructor(readonly server: Server) {
    server.on('connection', (socket: Socket) => this.sockets.push(socket));
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.read(socket);
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port; // it listens at a port
  }

  private read(socket: Socket): void {
    let waiting = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (;;) {
        const [head, size] = /^([1-9]\d*) /.exec(waiting.toString('latin1', 0, 12)) ?? [];
        if (head === undefined || waiting.length < head.length + Number(size)) return;
        this.messages.push(waiting.toString('utf8', head.length, head.length + Number(size)));
        waiting = waiting.subarray(head.length + Number(size));
      }
    });
  }
}

async function listen(server: Server): Promise<Receiver> {
  const receiver = new Receiver(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of receiver.sockets) socket.destroy();
    server.close();
  });
  return receiver;
}

function destinationTo(port: number, options: Partial<SyslogDestinationOptions> = {}): OpenDestination {
  const destination = syslog.kind.open(
    { type: 'syslog', host: '127.0.0.1', port, transport: 'tcp', allowPrivateAddresses: true, ...options },
    SOURCE,
  );
  closing.push(() => destination.close());
  return destination;
}

const never = new AbortController().signal;

function buildBatch(count: number, first = 0): StreamBatch {
  const events = Array.from({ length: count }, () => sampleEvent());
  return sampleBatch(events, { first, checkpoint: 'origin\n1\nroot\n' });
}

function getIds({ messages }: Receiver): readonly (string | undefined)[] {
  return messages.map((message) => readSyslog(message)?.elements['event@32473']?.id);
}

describe('the syslog destination', () => {
  it('sends each event of a batch as a message, with octet counting', async () => {
    const receiver = await listen(createServer());
    const event = sampleEvent({ reason: 'line\nbreak ] " \\ 🦉' });
    const batch = sampleBatch([event, sampleEvent()], { checkpoint: 'origin\n2\nroot\n', previousHash: 'abc=' });

    await expect(destinationTo(receiver.port).send(batch, never)).resolves.toEqual({ outcome: 'accepted' });

    await eventually(() => receiver.messages.length === 2);
    const [first, second] = receiver.messages.map(readSyslog);
    const about = { id: batch.id, stream: 'siem', first: '0', last: '1', previousHash: 'abc=' };
    expect(first?.elements['batch@32473']).toEqual({ ...about, checkpoint: 'origin 2 root ' });
    expect(second?.elements['batch@32473']).toEqual(about);
    expect(first?.elements['event@32473']).toMatchObject({ id: event.id, reason: 'line break ] " \\ 🦉' });
    expect(JSON.parse(first?.text ?? '')).toMatchObject({ reason: 'line\nbreak ] " \\ 🦉', index: 0 });
  });

  it('shows a client certificate to a server that requires one', async () => {
    const server = makeCertificate('localhost');
    const client = makeCertificate('client');
    const receiver = await listen(
      createTlsServer({ cert: server.certificate, key: server.key, ca: client.certificate, requestCert: true }),
    );
    const destination = destinationTo(receiver.port, {
      ...{ transport: 'tls', host: 'localhost', ca: server.certificate },
      ...{ certificate: client.certificate, key: client.key },
    });
    await expect(destination.send(buildBatch(1), never)).resolves.toEqual({ outcome: 'accepted' });
    await eventually(() => receiver.messages.length === 1);
  });

  it('sends nothing to a server whose certificate is unknown, or has another name', async () => {
    const { certificate, key } = makeCertificate('siem.example.com');
    const receiver = await listen(createTlsServer({ cert: certificate, key }));
    const refused = destinationTo(receiver.port, { transport: 'tls', host: 'localhost' });
    const other = destinationTo(receiver.port, { transport: 'tls', host: 'localhost', ca: certificate });

    await expect(refused.send(buildBatch(1), never)).resolves.toMatchObject({
      ...{ outcome: 'retry', reason: expect.stringMatching(/self-signed certificate/i) },
    });
    await expect(other.send(buildBatch(1), never)).resolves.toMatchObject({
      ...{ outcome: 'retry', reason: expect.stringMatching(/does not match certificate/i) },
    });
    expect(receiver.messages).toEqual([]);
  });

  it('refuses too large events by id, and sends gaps of any size', async () => {
    const receiver = await listen(createServer());
    const large = sampleEvent({ details: { text: 'x'.repeat(60_000) } });
    const destination = destinationTo(receiver.port);

    const batch = sampleBatch([sampleEvent(), large, sampleEvent()]);
    await expect(destination.send(batch, never)).resolves.toEqual({
      ...{ outcome: 'refused', reason: 'its message is longer than maxMessageBytes (8192)', events: [large.id] },
    });
    expect(receiver.messages).toEqual([]);
    const parked = sampleBatch([sampleEvent(), large], { parked: [large.id] });
    await expect(destination.send(parked, never)).resolves.toEqual({ outcome: 'accepted' });
    await eventually(() => receiver.messages.length === 2);
    expect(getIds(receiver)[1]).toBe(`${large.id}-gap`);
  });

  it('repeats the last 1,000 messages after a broken connection', async () => {
    const receiver = await listen(createServer());
    const destination = destinationTo(receiver.port);
    const batches = [buildBatch(1_001), buildBatch(2, 1_001)];
    const ids = batches.flatMap(({ events }) => events.map(({ id }) => id));

    await destination.send(batches[0] ?? buildBatch(0), never);
    await eventually(() => receiver.messages.length === 1_001);
    const [socket] = receiver.sockets;
    if (!socket) throw new Error('the destination is connected');
    await Promise.all([once(socket.end(), 'close'), once(socket, 'end')]); // it has seen the end
    await destination.send(batches[1] ?? buildBatch(0), never);

    await eventually(() => getIds(receiver).at(-1) === ids.at(-1));
    expect(getIds(receiver)).toEqual([...ids.slice(0, 1_001), ...ids.slice(1, 1_001), ...ids.slice(1_001)]);
  });

  it('repeats accepted messages that a broken connection lost', async () => {
    const receiver = await listen(createServer());
    const destination = destinationTo(receiver.port);
    const [first, second] = [buildBatch(1), buildBatch(1, 1)];
    await destination.send(first, never);
    await eventually(() => receiver.messages.length === 1);
    for (const socket of receiver.sockets) socket.destroy();

    await eventually(async () => {
      await destination.send(second, never);
      return receiver.sockets.length === 2;
    });
    const ids = [...first.events, ...second.events].map(({ id }) => id);
    await eventually(() => ids.every((id) => getIds(receiver).includes(id)));
    expect(new Set(getIds(receiver))).toEqual(new Set(ids));
  });

  it('retries when the server is away, hangs, or has a private address', async () => {
    const away = await listen(createServer());
    const { port } = away;
    away.server.close();
    await expect(destinationTo(port).send(buildBatch(1), never)).resolves.toMatchObject({ outcome: 'retry' });

    const hanging = await listen(createServer({ pauseOnConnect: true }));
    const batch = sampleBatch(
      Array.from({ length: 300 }, () => sampleEvent({ details: { text: 'x'.repeat(50_000) } })),
    );
    const destination = destinationTo(hanging.port, { timeoutMs: 300, maxMessageBytes: 100_000 });
    await expect(destination.send(batch, never)).resolves.toEqual({
      ...{ outcome: 'retry', reason: 'it did not accept the batch within 300 ms' },
    });
    await expect(
      destinationTo(hanging.port, { allowPrivateAddresses: false }).send(buildBatch(1), never),
    ).resolves.toMatchObject({
      outcome: 'retry',
      reason: expect.stringContaining('its address is not public'),
    });
    await expect(
      destinationTo(hanging.port, { allowPrivateAddresses: false, host: 'localhost' }).send(buildBatch(1), never),
    ).resolves.toMatchObject({ outcome: 'retry', reason: expect.stringContaining('is not public') });
  });
});
