import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpReceiver } from '../../../../test/support/http-receiver.js';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import type { StreamAnswer, StreamDestination } from '../stream-destination.js';
import { DatadogDestination } from './datadog.destination.js';
import { ElasticDestination } from './elastic.destination.js';
import { OtlpDestination } from './otlp.destination.js';
import type { NameLookup } from './public-addresses.js';
import { S3Destination } from './s3.destination.js';
import { SplunkDestination } from './splunk.destination.js';
import { WebhookDestination } from './webhook.destination.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const SECRETS = [`whsec_${Buffer.alloc(32, 7).toString('base64')}`];
const CHANNEL = '0b2f6a3c-4c0e-4a53-9d0e-3a1f6f1f2b11';
const KEYS = { accessKeyId: 'id', secretAccessKey: 'secret' };

type Make = (url: string, allowPrivateAddresses: boolean, find?: NameLookup) => StreamDestination;

/** Every destination over HTTP, by a name that may lead anywhere. Other hostilities: test/integration/streams/hostile-destinations.spec.ts. */
const DESTINATIONS: readonly (readonly [string, Make])[] = [
  [
    'webhook',
    (url, allowPrivateAddresses, find) =>
      new WebhookDestination({ type: 'webhook', url, secrets: SECRETS, allowPrivateAddresses }, SOURCE, find),
  ],
  [
    'elastic',
    (url, allowPrivateAddresses, find) =>
      new ElasticDestination({ type: 'elastic', url, index: 'audit', allowPrivateAddresses }, SOURCE, find),
  ],
  [
    'splunk',
    (url, allowPrivateAddresses, find) =>
      new SplunkDestination({ type: 'splunk', url, token: 't', channel: CHANNEL, allowPrivateAddresses }, SOURCE, find),
  ],
  [
    'otlp',
    (url, allowPrivateAddresses, find) =>
      new OtlpDestination({ type: 'otlp', url, allowPrivateAddresses }, SOURCE, find),
  ],
  [
    'datadog',
    (url, allowPrivateAddresses, find) =>
      new DatadogDestination({ type: 'datadog', url, apiKey: 'key', allowPrivateAddresses }, SOURCE, find),
  ],
  [
    's3',
    (endpoint, allowPrivateAddresses, find) => {
      const options = { type: 's3', endpoint, bucket: 'audit', region: 'eu-central-1', ...KEYS } as const;
      return new S3Destination({ ...options, allowPrivateAddresses }, SOURCE, undefined, find);
    },
  ],
];

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startServer(): Promise<HttpReceiver> {
  const server = await new HttpReceiver(() => ({ status: 200 })).start();
  closing.push(() => server.stop());
  return server;
}

async function answerOf(destination: StreamDestination): Promise<StreamAnswer> {
  closing.push(() => destination.close());
  return destination.send(sampleBatch([sampleEvent()]), new AbortController().signal);
}

function retry(reason: string): unknown {
  return { outcome: 'retry', reason: expect.stringContaining(reason) };
}

describe.each(DESTINATIONS)('the %s destination', (_type, make) => {
  it('sends nothing to a name that has become private at the next connection', async () => {
    const server = await startServer();
    const { port } = new URL(server.url);
    let lookups = 0;
    const find: NameLookup = (_name, callback) => {
      lookups += 1;
      if (lookups === 1) callback(Object.assign(new Error('the first connection'), { code: 'EAI_AGAIN' }), undefined);
      else callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const destination = make(`http://siem.example.com:${port}`, false, find);

    expect(await answerOf(destination)).toEqual(retry('the first connection'));
    expect(await answerOf(destination)).toEqual(retry('siem.example.com: its address 127.0.0.1 is not public'));
    expect(server.requests).toEqual([]);
  });
});
