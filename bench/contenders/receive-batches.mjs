// Receives the batches of streams as a real receiver would: node receive-batches.mjs <secret>, with an IPC channel.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { monotonicMs } from '../measure/monotonic-ms.mjs';

const webhook = new Webhook(process.argv[2]);

/** What came, by stream. */
let received = new Map();

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  try {
    const batch = webhook.verify(body, request.headers);
    take(batch, body);
    response.writeHead(204).end();
    received.get(batch.stream).batches.at(-1).atMs = monotonicMs();
  } catch (error) {
    response.writeHead(401).end(error.message);
  }
});
server.listen(0, '127.0.0.1', () => process.send({ kind: 'ready', port: server.address().port }));
process.on('disconnect', () => process.exit(1));
process.on('message', ({ kind }) => (kind === 'close' ? close() : report()));

/** Holds a batch against the one before: every place, once, in order, and chained. */
function take({ id, stream, first, last, previousHash, events }, body) {
  const known = received.get(stream) ?? { next: first, hash: previousHash, problems: [], batches: [] };
  received.set(stream, known);
  const before = known.batches.at(-1);
  if (before?.id === id) return; // sent again: its answer was lost
  const places = events.map(({ index }) => index);
  const isWhole = places.length === last - first + 1 && places.every((place, nth) => place === first + nth);
  if (first !== known.next || previousHash !== known.hash || !isWhole) {
    known.problems.push(`places ${first} to ${last} with ${places.length} events after place ${known.next - 1}`);
  }
  known.next = last + 1;
  known.hash = createHash('sha256').update(body).digest('base64');
  known.batches.push({ id, bytes: Buffer.byteLength(body), ids: events.map((event) => event.id) });
}

/** Sends what came since the last report. */
function report() {
  process.send({ kind: 'report', streams: Object.fromEntries(received) });
  received = new Map([...received].map(([name, known]) => [name, { ...known, problems: [], batches: [] }]));
}

function close() {
  server.closeAllConnections();
  server.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
