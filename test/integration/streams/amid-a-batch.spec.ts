import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import type { DestinationOptions } from '../../../src/extensions/streams/index.js';
import { createTestDatabase, eventually, freshKeyFile, type TestDatabase } from '../../support/index.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { addSealed, passed, startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver, webhookSecret, type WebhookReceiver } from '../../support/webhook-receiver.js';

let receiver: WebhookReceiver;
/** In the order of `receiver.received`. */
let headers: IncomingHttpHeaders[];
let isHeld: boolean;
let database: TestDatabase;
let keyFile: string;
let app: StreamApp;

beforeEach(async () => {
  database = await createTestDatabase();
  receiver = await startWebhookReceiver();
  [headers, isHeld, keyFile] = [[], true, freshKeyFile()];
  receiver.answerBy((_batch, _response, request) => {
    headers.push(request.headers);
    return isHeld ? 'own' : 200;
  });
  await start({});
  await addSealed(database, 60);
  await eventually(() => receiver.received.length === 1);
});

afterEach(async () => {
  await app.close();
  await receiver.close();
  await database.drop();
});

/** The batch that is not answered must not be sent again for want of an answer. */
async function start(others: Partial<DestinationOptions<'webhook'>>): Promise<void> {
  const destination = { ...receiver.destination, timeoutMs: 300_000, ...others };
  const batch = { maxEvents: 20 };
  app = await startStreamApp(database, keyFile, [{ name: 'siem', destination, personal: 'include', batch }]);
}

/** Stops the application in the middle of the batch, and starts it with other options. */
async function restart(others: Partial<DestinationOptions<'webhook'>>): Promise<void> {
  await app.close();
  isHeld = false;
  await start(others);
  await eventually(() => receiver.received.length > 1);
}

describe('a batch that a receiver has got and not answered', () => {
  it('is sent again with the same id and bytes, signed with both secrets, once the secret is rotated', async () => {
    const secret = webhookSecret();
    await restart({ secrets: [secret, ...receiver.destination.secrets] });

    const [first, second] = receiver.received;
    expect([second?.batch.id, second?.body]).toEqual([first?.batch.id, first?.body]);
    const signatures = headers.map((each) => String(each['webhook-signature']).split(' ').length);
    expect(signatures.slice(0, 2)).toEqual([1, 2]);
    const signed = headers[1] as Record<string, string>; // those of Standard Webhooks are texts
    expect(() => new Webhook(secret).verify(second?.body ?? '', signed)).not.toThrow();
    const sealed = await passed(database, 'siem');
    const { events } = await expectReceivedSound(database.url, 'siem', receiver.received);
    expect([events, receiver.unverified]).toEqual([sealed, []]);
  });

  it('is sent as another one, with another id, once the format is changed', async () => {
    await restart({ format: 'json' });

    const ids = headers.map((each) => each['webhook-id']);
    expect(ids[1]).not.toBe(ids[0]);
    expect(receiver.received[1]?.body).toMatch(/^\[\{/);
    await passed(database, 'siem');
    expect(receiver.unverified).toEqual([]);
  });
});
