import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { HttpReceiver } from '../../../../test/support/http-receiver.js';
import { makeCertificate } from '../../../../test/support/make-certificate.js';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import {
  DatadogReceiver,
  ElasticReceiver,
  OtlpReceiver,
  SplunkReceiver,
} from '../../../../test/support/siem-receivers.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { withTiming } from '../../../../test/support/with-timing.js';
import type { DestinationType, OpenDestination } from '../define-destination.js';
import type { StreamBatch } from '../stream-destination.js';
import { datadog } from './datadog.destination.js';
import { elastic, type ElasticDestinationOptions } from './elastic.destination.js';
import { otlp } from './otlp.destination.js';
import { splunk, type SplunkDestinationOptions } from './splunk.destination.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const CHANNEL = '0b2f6a3c-4c0e-4a53-9d0e-3a1f6f1f2b11';
/** The default would count an answer as missing that a busy machine delays. */
const PATIENCE_MS = 300_000;
const never = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function started<Receiver extends HttpReceiver>(receiver: Receiver): Promise<Receiver> {
  await receiver.start();
  closing.push(() => receiver.stop());
  return receiver;
}

function opened({ kind }: { readonly kind: DestinationType }, options: object): OpenDestination {
  const destination = kind.open({ timeoutMs: PATIENCE_MS, ...options, allowPrivateAddresses: true }, SOURCE);
  closing.push(() => destination.close());
  return destination;
}

function elasticTo(url: string, options: Partial<ElasticDestinationOptions> = {}): OpenDestination {
  return opened(elastic, { url, index: 'logs-audit', apiKey: 'secret', ...options });
}

function splunkTo(url: string, options: Partial<SplunkDestinationOptions> = {}): OpenDestination {
  return opened(splunk, { url, token: 'secret', channel: CHANNEL, ...options });
}

function otlpTo(url: string): OpenDestination {
  return opened(otlp, { url: `${url}/v1/logs` });
}

function datadogTo(url: string): OpenDestination {
  return opened(datadog, { url, apiKey: 'secret' });
}

function buildBatch(count: number): StreamBatch {
  return sampleBatch(
    Array.from({ length: count }, () => sampleEvent()),
    { previousHash: 'abc=', checkpoint: 'a checkpoint' },
  );
}

describe.each([
  ['elastic', () => started(new ElasticReceiver()), elasticTo],
  ['splunk', () => started(new SplunkReceiver()), splunkTo],
  ['otlp', () => started(new OtlpReceiver()), otlpTo],
  ['datadog', () => started(new DatadogReceiver()), datadogTo],
] as const)('the %s destination, like any over HTTP', (_name, start, destinationTo) => {
  it('sends the same bytes again after each failure of the server', async () => {
    const receiver = await start();
    receiver.faults.push(
      { status: 500, body: 'broken' },
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 401 },
      { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      'reset',
      'endless',
    );
    const destination = destinationTo(receiver.url);
    const batch = buildBatch(2);
    const results = [];
    for (let attempt = 0; attempt < 6; attempt++) results.push(await destination.send(batch, never));

    expect(results).toMatchObject([
      { outcome: 'retry', reason: 'it answered 500: broken' },
      { outcome: 'retry', afterMs: 7_000 },
      { outcome: 'retry' },
      { outcome: 'retry', reason: 'it answered 307, a redirect, which is not followed' },
      { outcome: 'retry' },
      { outcome: 'retry', reason: 'its answer is longer than 4000000 bytes' },
    ]);
    await expect(destination.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });
    const sent = receiver.requests.filter(({ url }) => !url.pathname.endsWith('/ack')).map(({ body }) => body);
    expect(new Set(sent).size).toBe(1);
    expect(sent).toHaveLength(7);
  });

  it('is gone after 410, and refuses a body after 413', async () => {
    const receiver = await start();
    receiver.faults.push({ status: 410 }, { status: 413 });
    const destination = destinationTo(receiver.url);
    await expect(destination.send(buildBatch(1), never)).resolves.toEqual({
      outcome: 'gone',
      reason: 'it answered 410',
    });
    await expect(destination.send(buildBatch(1), never)).resolves.toMatchObject({ outcome: 'refused' });
  });
});

it('a destination over HTTP gives up on a server that hangs, and stops at the abort', async () => {
  const receiver = await started(new ElasticReceiver());
  receiver.faults.push('hang', 'hang');
  const destination = elasticTo(receiver.url, { timeoutMs: 100 });
  await expect(destination.send(buildBatch(1), never)).resolves.toEqual({
    ...{ outcome: 'retry', reason: 'it did not answer within 100 ms' },
  });
  const stopped = AbortSignal.abort(new Error('the application stops'));
  await expect(elasticTo(receiver.url).send(buildBatch(1), stopped)).resolves.toMatchObject({ outcome: 'retry' });
});

it('a destination over HTTP sends nothing to a server whose certificate has another name', async () => {
  const certificate = makeCertificate('siem.example.com');
  const receiver = await started(new HttpReceiver(() => ({ status: 200 }), certificate));
  const destination = opened(datadog, { url: receiver.url, apiKey: 'secret', ca: certificate.certificate });
  await expect(destination.send(buildBatch(1), never)).resolves.toMatchObject({
    ...{ outcome: 'retry', reason: expect.stringContaining("does not match certificate's altnames") },
  });
  expect(receiver.requests).toEqual([]);
});

describe('the elastic destination', () => {
  it('creates each document once, with its batch', async () => {
    const receiver = await started(new ElasticReceiver());
    const batch = buildBatch(3);
    const destination = elasticTo(receiver.url);
    await destination.send(batch, never);
    await expect(destination.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });

    expect([...receiver.documents.keys()]).toEqual(batch.events.map(({ id }) => id));
    const { id, stream, first, last, previousHash, checkpoint } = batch;
    expect([...receiver.documents.values()].map((document) => document.audit_ledger)).toMatchObject([
      { batch: { id, stream, first, last, previousHash, checkpoint } },
      { batch: { id, stream, first, last, previousHash } },
      { batch: { id, stream, first, last, previousHash } },
    ]);
  });

  it('names refused documents, and creates the others', async () => {
    const receiver = await started(new ElasticReceiver());
    const batch = buildBatch(3);
    const [, poison] = batch.events;
    receiver.refuse = ({ event }) =>
      (event as { id: string }).id === poison?.id ? { status: 400, reason: 'failed to parse' } : undefined;
    await expect(elasticTo(receiver.url).send(batch, never)).resolves.toEqual({
      ...{ outcome: 'refused', reason: '400 some_exception: failed to parse', events: [poison?.id] },
    });
    expect(receiver.documents.size).toBe(2);
  });

  it('sends documents again that a full queue rejected', async () => {
    const receiver = await started(new ElasticReceiver());
    let rejections = 1;
    receiver.refuse = () => (rejections-- > 0 ? { status: 429, reason: 'queue is full' } : undefined);
    const destination = elasticTo(receiver.url);
    const batch = buildBatch(3);
    await expect(destination.send(batch, never)).resolves.toEqual({
      ...{ outcome: 'retry', reason: '429 some_exception: queue is full' },
    });
    await expect(destination.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });
    expect(receiver.documents.size).toBe(3);
  });

  it('does not count the answer of another kind of server as accepted', async () => {
    const receiver = await started(new ElasticReceiver());
    receiver.faults.push({ status: 200, body: {} }, { status: 200, body: '<html>' });
    const destination = elasticTo(receiver.url);
    await expect(destination.send(buildBatch(1), never)).resolves.toMatchObject({ outcome: 'retry' });
    await expect(destination.send(buildBatch(1), never)).resolves.toMatchObject({ outcome: 'retry' });
  });

  it('sends gaps as documents', async () => {
    const receiver = await started(new ElasticReceiver());
    const events = [sampleEvent(), sampleEvent()];
    await elasticTo(receiver.url).send(sampleBatch(events, { parked: [events[1]?.id ?? ''] }), never);
    expect([...receiver.documents.keys()]).toEqual([events[0]?.id, `${events[1]?.id}-gap`]);
  });
});

describe('the splunk destination', () => {
  it('waits until the batch is indexed', async () => {
    const receiver = await started(new SplunkReceiver());
    receiver.pollsBefore = 2;
    const batch = buildBatch(2);
    await expect(splunkTo(receiver.url, { index: 'audit' }).send(batch, never)).resolves.toEqual({
      outcome: 'accepted',
    });
    expect(receiver.requests.map(({ url }) => url.pathname)).toEqual([
      '/services/collector/event',
      ...Array.from({ length: 3 }, () => '/services/collector/ack'),
    ]);
    expect(receiver.events).toMatchObject([
      {
        ...{ index: 'audit', source: SOURCE.origin, event: { id: batch.events[0]?.id, index: 0 } },
        fields: { batch_id: batch.id, batch_first: 0, batch_last: 1, batch_checkpoint: 'a checkpoint' },
      },
      { event: { index: 1 }, fields: { batch_previousHash: 'abc=' } },
    ]);
  });

  describe('with a server that does not index', () => {
    withTiming({ splunkIndexMs: 1_000 });

    it('retries the batch after the time limit', async () => {
      const receiver = await started(new SplunkReceiver());
      receiver.pollsBefore = Infinity;
      await expect(splunkTo(receiver.url).send(buildBatch(1), never)).resolves.toEqual({
        ...{ outcome: 'retry', reason: 'Splunk did not index the batch within 1000 ms' },
      });
    });
  });

  it('pauses when the token has no indexer acknowledgment', async () => {
    const receiver = await started(new SplunkReceiver());
    receiver.acknowledges = false;
    await expect(splunkTo(receiver.url).send(buildBatch(1), never)).resolves.toMatchObject({ outcome: 'gone' });
  });

  it('names the event that Splunk refused', async () => {
    const receiver = await started(new SplunkReceiver());
    const batch = buildBatch(3);
    receiver.refuse = ({ event }) => (event as { index: number }).index === 1;
    await expect(splunkTo(receiver.url).send(batch, never)).resolves.toEqual({
      ...{ outcome: 'refused', reason: 'it answered 400: Invalid data format (code 6)', events: [batch.events[1]?.id] },
    });
    const other = splunkTo(receiver.url, { token: 'other' });
    await expect(other.send(batch, never)).resolves.toMatchObject({ outcome: 'retry' });
  });
});

describe('the otlp destination', () => {
  it('sends log records of the protocol', async () => {
    const receiver = await started(new OtlpReceiver());
    const batch = buildBatch(2);
    await otlpTo(receiver.url).send(batch, never);
    const [first] = receiver.records;
    expect(JSON.parse(first?.body.stringValue ?? '')).toMatchObject({ id: batch.events[0]?.id, index: 0 });
    expect(first).toMatchObject({ timeUnixNano: '1795161600123000000', traceId: 'ab'.repeat(16) });
    const attributes = Object.fromEntries(first?.attributes.map(({ key, value }) => [key, value]) ?? []);
    expect(attributes).toMatchObject({
      'log.record.uid': { stringValue: batch.events[0]?.id },
      'audit.batch.last': { intValue: '1' },
      'audit.batch.checkpoint': { stringValue: 'a checkpoint' },
    });
  });

  it('finds out about records that a collector rejected with 200', async () => {
    const receiver = await started(new OtlpReceiver());
    const batch = buildBatch(2);
    receiver.refuse = ({ body }) => body.stringValue.includes(batch.events[1]?.id ?? randomUUID());
    await expect(otlpTo(receiver.url).send(batch, never)).resolves.toEqual({
      ...{ outcome: 'refused', reason: 'it rejected 1 records: too old' },
    });
  });
});

it('the datadog destination respects the limits of a request', async () => {
  const receiver = await started(new DatadogReceiver());
  const many = Array.from({ length: 1_001 }, () => sampleEvent());
  const large = Array.from({ length: 120 }, () => sampleEvent({ details: { text: 'x'.repeat(50_000) } }));
  const destination = datadogTo(receiver.url);
  await expect(destination.send(sampleBatch(many), never)).resolves.toEqual({ outcome: 'accepted' });
  await expect(destination.send(sampleBatch(large), never)).resolves.toEqual({ outcome: 'accepted' });

  expect(receiver.logs.map(({ evt }) => (evt as { id: string }).id)).toEqual([...many, ...large].map(({ id }) => id));
  expect(receiver.requests).toHaveLength(4);
  expect(receiver.logs[0]).toMatchObject({
    ...{ status: 'info', service: SOURCE.origin, hostname: 'audit.example.com', sequence: 0 },
    audit: { id: many[0]?.id, index: 0 },
  });
});
