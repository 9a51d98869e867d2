import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { eventually, freshKeyFile, kept, testDatabase } from '../../support/index.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver, webhookSecret, type WebhookReceiver } from '../../support/webhook-receiver.js';

let receiver: WebhookReceiver;
/** In the order of `receiver.received`. */
let headers: IncomingHttpHeaders[];
let isHeld: boolean;

const database = await testDatabase();
const app = await kept(
  startStreamApp(database, freshKeyFile(), [], {
    authorize: (_request, permission) => ({ scope: 'all', permission }),
    streamSecretsKey: randomBytes(32).toString('base64'),
  }),
);

beforeEach(async () => {
  receiver = await startWebhookReceiver();
  [headers, isHeld] = [[], true];
  receiver.answerBy((_batch, _response, request) => {
    headers.push(request.headers);
    return isHeld ? 'own' : 200;
  });
  const batch = { maxEvents: 20 };
  await call('POST', '', { name: 'siem', destination: patient(), personal: 'include', batch });
  await addSealed(database, 60);
  await eventually(() => receiver.received.length === 1);
});

afterEach(async () => {
  await call('DELETE', '/siem');
  await receiver.close();
});

/** The batch that is not answered must not be sent again for want of an answer. */
const patient = () => ({ ...receiver.destination, timeoutMs: 300_000 });

async function call(method: string, path: string, body?: object): Promise<void> {
  const request = { method, headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${app.url}/audit/streams${path}`, {
    ...request,
    ...(body && { body: JSON.stringify(body) }),
  });
  expect([response.ok, await response.text()]).toEqual([true, expect.anything()]);
}

async function expectProven(): Promise<void> {
  const sealed = await passed(database, 'siem');
  expect(receiver.unverified).toEqual([]);
  const { events } = await expectReceivedSound(database.url, 'siem', receiver.received);
  expect(events).toBe(sealed);
}

describe('a batch that a receiver has got and not answered', () => {
  it('is sent again with the same id and bytes, signed with both secrets, once the secret is rotated', async () => {
    const secret = webhookSecret();
    isHeld = false;
    await call('POST', '/siem/rotate-secret', { secret });
    await eventually(() => receiver.received.length > 1);

    const [first, second] = receiver.received;
    expect([second?.batch.id, second?.body]).toEqual([first?.batch.id, first?.body]);
    const signatures = headers.map((each) => String(each['webhook-signature']).split(' ').length);
    expect(signatures.slice(0, 2)).toEqual([1, 2]);
    const signed = headers[1] as Record<string, string>; // those of Standard Webhooks are texts
    expect(() => new Webhook(secret).verify(second?.body ?? '', signed)).not.toThrow();
    await expectProven();
  });

  it('is sent as another one, with another id, once the format is changed', async () => {
    isHeld = false;
    await call('PATCH', '/siem', { destination: { ...patient(), format: 'json' } });
    await eventually(() => receiver.received.length > 1);

    const ids = headers.map((each) => each['webhook-id']);
    expect(ids[1]).not.toBe(ids[0]);
    expect(receiver.received[1]?.body).toMatch(/^\[\{/);
    await passed(database, 'siem');
    expect(receiver.unverified).toEqual([]);
  });
});
