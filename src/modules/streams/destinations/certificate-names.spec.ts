import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { HttpReceiver } from '../../../../test/support/http-receiver.js';
import { makeCertificate } from '../../../../test/support/make-certificate.js';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { destinationTypeOf, problemsOfDestination, type DestinationOptions } from './destination-types.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const KEYS = { accessKeyId: 'id', secretAccessKey: 'secret' };
const certificate = makeCertificate('siem.example.com');

let server: HttpReceiver;

beforeAll(async () => {
  server = await new HttpReceiver(() => ({ status: 200 }), certificate).start();
});
afterAll(() => server.stop());

/** NATS begins without TLS: nats.server-spec.ts has its test. */
it.each<[string, (url: string) => object]>([
  ['webhook', (url) => ({ url, secrets: [SECRET] })],
  ['elastic', (url) => ({ url, index: 'logs-audit' })],
  ['splunk', (url) => ({ url, token: 'token', channel: '0b2f6a3c-4c0e-4a53-9d0e-3a1f6f1f2b11' })],
  ['otlp', (url) => ({ url })],
  ['datadog', (url) => ({ url, apiKey: 'key' })],
  ['s3', (url) => ({ endpoint: url, bucket: 'audit', region: 'eu-central-1', ...KEYS })],
  ['syslog', (url) => ({ host: 'localhost', port: Number(new URL(url).port) })],
  ['kafka', (url) => ({ brokers: [new URL(url).host], topic: 'audit' })],
])('the %s destination sends nothing to a server whose certificate has another name', async (type, optionsAt) => {
  const given: object = { type, ...optionsAt(server.url), ca: certificate.certificate, allowPrivateAddresses: true };
  expect(problemsOfDestination(given)).toEqual([]);
  const options = given as DestinationOptions; // without problems
  const destination = destinationTypeOf(options).create(options, SOURCE);
  const answer = await destination.send(sampleBatch([sampleEvent()]), new AbortController().signal);
  await destination.close();
  expect(answer).toEqual({
    ...{ outcome: 'retry', reason: expect.stringContaining("does not match certificate's altnames") },
  });
  expect(server.requests).toEqual([]);
});
