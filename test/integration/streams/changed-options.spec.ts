import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { WebhookDestinationOptions } from '../../../src/modules/streams/index.js';
import { eventually } from '../../support/eventually.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { expectReceivedProven } from '../../support/reconciled-copy.js';
import { runSql } from '../../support/sql.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

let database: TestDatabase;
let receiver: WebhookReceiver;
const keyFile = freshKeyFile();

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startWebhookReceiver(SECRET);
});

afterAll(async () => {
  await receiver.close();
  await database.drop();
});

async function withStream(
  format: NonNullable<WebhookDestinationOptions['format']>,
  work: () => Promise<unknown>,
  secrets: readonly string[] = [SECRET],
): Promise<void> {
  const { url } = receiver;
  const destination = { type: 'webhook', url, format, secrets, allowPrivateAddresses: true } as const;
  const app = await startStreamApp(database, keyFile, [{ name: 'siem', destination, personal: 'omit' }]);
  try {
    await work();
  } finally {
    await app.close();
  }
}

/** How often an act said that the stream changed. */
async function changes(): Promise<number> {
  const [row] = await runSql(
    database.url,
    `SELECT count(*)::int AS acts FROM audit_act WHERE note LIKE '%"change":"altered"%'`,
  );
  return Number(row?.acts);
}

describe('a batch that a receiver answered with 500', () => {
  it('has another id once the format of the stream is another one, which is a signed act', async () => {
    const bodies = new Map<string, Set<string>>();
    let status = 500;
    receiver.answerBy((batch, _response, request) => {
      const id = String(request.headers['webhook-id']);
      bodies.set(id, (bodies.get(id) ?? new Set()).add(JSON.stringify(batch)));
      return status;
    });
    await withStream('batch', async () => {
      await addSealed(database, 5);
      await eventually(() => receiver.received.length > 0);
    });
    expect(await changes()).toBe(0);

    status = 200;
    await withStream('json', () => passed(database, 'siem'));

    expect(bodies.size).toBeGreaterThan(1);
    expect([...bodies.values()].map(({ size }) => size)).toEqual([...bodies].map(() => 1));
    expect(await changes()).toBe(1);
    await expectReceivedProven(database.url, 'siem', receiver.received);
  });

  it('has the same id once the stream has another secret, and a signature of each', async () => {
    const ids: string[] = [];
    let status = 500;
    receiver.answerBy((_batch, _response, request) => {
      ids.push(String(request.headers['webhook-id']));
      return status;
    });
    await withStream('json', async () => {
      await addSealed(database, 5);
      await eventually(() => ids.length > 0);
    });
    const [id] = ids;
    const before = await changes();

    status = 200;
    const rotated = [`whsec_${randomBytes(32).toString('base64')}`, SECRET];
    await withStream('json', () => passed(database, 'siem'), rotated);

    expect(ids.filter((each) => each === id).length).toBeGreaterThan(1);
    expect(await changes()).toBe(before);
    expect(receiver.unverified).toEqual([]);
    await expectReceivedProven(database.url, 'siem', receiver.received);
  });
});
