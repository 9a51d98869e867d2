import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { NatsDestination } from './nats.destination.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };

it('a NATS server gets nothing if its name resolves to another address the second time', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await once(server.listen(0, 'localhost'), 'listening');
  const { port } = server.address() as AddressInfo;
  const nats = new NatsDestination(
    { type: 'nats', servers: [`localhost:${port}`], subject: 'audit', timeoutMs: 500 },
    SOURCE,
    (_name, found) => {
      found(null, [{ address: '3ffe::1', family: 6 }]); // nobody has this network
    },
  );
  const { signal } = new AbortController();
  expect(await nats.send(sampleBatch([sampleEvent()]), signal)).toMatchObject({ outcome: 'retry' });
  expect(connections).toBe(0);
  await nats.close();
  await new Promise((resolve) => server.close(resolve));
});
