import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditAggregator } from '../../../src/audit/index.js';
import { command as consumers } from '../../../src/cli/commands/consumers.command.js';
import type { StreamOptions } from '../../../src/extensions/streams/index.js';
import type { StreamBatch } from '../../../src/extensions/streams/stream-destination.js';
import { s3 as type } from '../../../src/extensions/streams/destinations/s3.destination.js';
import { isRecordSigned } from '../../../src/monitoring/consumers/signed-records.js';
import { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { eventually, freshKeyFile, closeAfterTests, settled, tempFolder, testDatabase } from '../../support/index.js';
import { findInDatabase } from '../../support/find-in-database.js';
import { HttpReceiver } from '../../support/http-receiver.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedSound, verifyCopyAt } from '../../support/verified-copy.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

const database = await testDatabase();
const keyFile = freshKeyFile();
const receiver = await closeAfterTests(startWebhookReceiver());
const app = await closeAfterTests(startStreamApp(database, keyFile, [stream()]));

beforeEach(() => receiver.answerBy(() => 200));

afterEach(async () => {
  receiver.answerBy(() => 200);
  await passed(database, 'siem');
});

function stream(): StreamOptions {
  return {
    name: 'siem',
    destination: { ...receiver.destination, timeoutMs: 1_000 },
    personal: 'include',
    batch: { maxEvents: 20 },
  };
}

async function row(): Promise<Record<string, unknown>> {
  const [found = {}] = await database.sql(`SELECT * FROM audit_consumer WHERE name = 'siem'`);
  return found;
}

async function command(...args: readonly string[]): Promise<string> {
  const environment = { AUDIT_SIGNING_KEY_FILE: keyFile };
  const {
    exitCode,
    output = '',
    errors = '',
  } = await consumers.run([...args, '--database-url', database.url], environment);
  expect([exitCode, errors]).toEqual([0, '']);
  return output;
}

/** A batch that was accepted too late for the stream is sent again. */
function acceptedBatches(): readonly StreamBatch[] {
  return [...new Map(receiver.accepted().map((batch) => [batch.id, batch])).values()];
}

function acceptedEvents(): readonly string[] {
  return acceptedBatches().flatMap(({ events }) => events.map(({ id }) => id));
}

describe('a stream whose destination', () => {
  it.each<[string, () => number | 'hang' | 'reset' | 'flood', string]>([
    ['answers 500', () => 500, 'it answered 500'],
    ['hangs', () => 'hang', 'it did not answer within 1000 ms'],
    ['resets the connection', () => 'reset', 'socket hang up'],
    ['answers with 5 MB', () => 'flood', 'its answer is longer than 65536 bytes'],
  ])('%s gets the same batch again, and then all the others', async (_what, fault, seen) => {
    let isSeen = false;
    let failed = '';
    receiver.answerBy((batch, response) => {
      failed ||= batch.id;
      if (isSeen) return 200;
      const way = fault();
      if (typeof way === 'number') return way;
      if (way === 'reset') response.destroy();
      if (way === 'flood') response.writeHead(200).end(Buffer.alloc(5_000_000));
      return 'own';
    });
    await addSealed(database, 30);
    await eventually(async () => String((await row()).last_error).includes(seen));
    isSeen = true;
    await passed(database, 'siem');
    expect(receiver.accepted().some(({ id }) => id === failed)).toBe(true);
    expectUnbroken(receiver.received);
  });

  it('takes half of a batch and drops the connection gets the whole batch again', async () => {
    receiver.dropAmid(2);
    await addSealed(database, 60);
    await passed(database, 'siem');
    expect(receiver.dropped()).toBe(2);
    expectUnbroken(receiver.received);
  });

  it('answers 410 is paused with an event, named by the health, and sent again once it is resumed', async () => {
    receiver.answerBy(() => 410);
    await addSealed(database, 5);
    await eventually(async () => (await row()).state === 'gone');
    const [problem] = await app.consumers.problems();
    expect(problem).toMatchObject({ code: 'AUDIT_CONSUMER_FAILING' });
    receiver.answerBy(() => 200);
    expect(await command('resume', 'siem')).toBe('The consumer siem is resumed.\n');
    await passed(database, 'siem');
    expect(await app.consumers.problems()).toEqual([]);
    await settled(database);
    const changes = await database.superuserSql(
      `SELECT details->>'change' AS change FROM audit_event WHERE type = 'audit_consumer_changed' ORDER BY id`,
    );
    expect(changes.map(({ change }) => change)).toEqual(['added', 'ended', 'resumed']);
  });

  it('refuses an event gets all others and a signed record in its place, and the event once it is retried', async () => {
    let poison = '';
    receiver.answerBy(({ events }) => {
      poison ||= events[Math.floor(events.length / 2)]?.id ?? '';
      return events.some(({ id }) => id === poison) ? 422 : 200;
    });
    await addSealed(database, 40);
    await passed(database, 'siem');
    expectUnbroken(receiver.received);
    expect(acceptedEvents()).not.toContain(poison);
    const gaps = acceptedBatches().flatMap((batch) => batch.gaps);
    expect(gaps).toEqual([expect.objectContaining({ id: poison, reason: 'it answered 422' })]);
    const { trust } = app.app.get(CheckpointSigner);
    for (const gap of gaps) {
      expect(isRecordSigned('gap', 'siem', gap, trust)).toBe(true);
      expect(isRecordSigned('gap', 'siem', { ...gap, reason: 'none' }, trust)).toBe(false);
      expect(isRecordSigned('gap', 'other', gap, trust)).toBe(false);
    }
    expect(await command('parked', 'siem')).toContain(poison);
    expect((await app.consumers.problems()).map(({ message }) => message)).toEqual([
      expect.stringContaining('Cannot handle 1 event of the consumer siem'),
    ]);

    receiver.answerBy(() => 200);
    await command('retry', 'siem');
    await eventually(() => acceptedEvents().includes(poison));
    await eventually(async () => (await command('parked', 'siem')) === 'Nothing is parked.\n');
  });

  it('echoes personal values, whole, cut or escaped, gets them into no table and no line of the log', async () => {
    const lines: string[] = [];
    for (const level of ['warn', 'error'] as const)
      jest.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void lines.push(String(text)));
    const preview = `Preview of field's value: 'Zoë Quandt', ZOEQUANDT, cut: 'Quan', ZOE, Zoe-Quandt, Zo\\u00eb, Zo%C3%AB, Wm/DqyBRdWFuZHQ3`;
    const error = { type: 'document_parsing_exception', reason: `cannot parse field [user.name]. ${preview}` };
    let isSeen = false;
    receiver.answerBy(({ events }, response) => {
      if (!JSON.stringify(events).includes('Quandt')) return 200;
      response.writeHead(isSeen || events.length > 1 ? 400 : 503).end(JSON.stringify({ error }));
      return 'own';
    });
    await app.app.get(AuditAggregator).record('order_creation', { actor: { type: 'user', name: 'Zoë Quandt' } });
    const at503 = await eventually(async () => {
      const { last_error: last } = await row();
      return typeof last === 'string' && last.includes('503') && last;
    });
    isSeen = true;
    await passed(database, 'siem');
    await eventually(() => lines.some((line) => line.endsWith('They are parked.'))); // and the fifth 503, if it was seen late
    const [parked] = await database.sql('SELECT reason, note FROM audit_consumer_parked');
    const reason = String(parked?.reason);
    expect(parked?.note).toContain(JSON.stringify(reason));
    for (const text of [at503, ...lines, reason]) {
      expect(text).toMatch(/it answered (503|400): .*document_parsing_exception.*cannot parse field \[user\.name\]/);
      expect(text).not.toMatch(/zo|quan|Wm/i);
    }
    const found = await findInDatabase(database.superuserUrl, ['Quandt']);
    expect(found.filter((each) => !/^audit_event(_\d+)*:/.test(each))).toEqual([]);
    jest.restoreAllMocks();
    receiver.answerBy(() => 200);
    await command('retry', 'siem');
    await eventually(async () => (await command('parked', 'siem')) === 'Nothing is parked.\n');
  });
});

it('what the receiver has is proven to be all of the ledger, each batch with one body, also as objects of S3', async () => {
  const { events, gaps } = await expectReceivedSound(database.url, 'siem', receiver.received);
  expect(events).toBe(await passed(database, 'siem'));
  expect(gaps).toBeGreaterThan(0);
  const bucket = await new HttpReceiver(() => ({ status: 200 })).start();
  const access = { accessKeyId: 'a', secretAccessKey: 'b', endpoint: bucket.url, allowPrivateAddresses: true };
  const s3 = type.kind.open(
    { type: 's3', bucket: 'audit', region: 'eu-central-1', ...access },
    { origin: 'example.com/audit', version: '1' },
  );
  const folder = await tempFolder('audit-objects-');
  for (const batch of receiver.accepted()) await s3.send(batch, AbortSignal.timeout(60_000));
  for (const [nth, { body }] of bucket.requests.entries()) await writeFile(join(folder, `${nth}.jsonl`), body);
  await s3.close();
  await bucket.stop();
  expect(await verifyCopyAt(database.url, folder)).toMatchObject({ verdict: 'sound', events, gaps });
});
