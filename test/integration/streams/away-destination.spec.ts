import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Catalogue } from '../../../src/audit/nest-free.js';
import { LedgerReader } from '../../../src/monitoring/store/ledger-reader.service.js';
import { SEQUENCER } from '../../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../src/monitoring/store/sessions/ledger-session.js';
import { LEADER_LIMITS } from '../../../src/monitoring/store/sessions/session-limits.js';
import { BatchMaker } from '../../../src/rooms/streams/batch-maker.js';
import type { OpenDestination } from '../../../src/rooms/streams/define-destination.js';
import { webhook } from '../../../src/rooms/streams/destinations/webhook.destination.js';
import { enrollStream, leadStream } from '../../../src/rooms/streams/enroll-stream.js';
import { FollowedStreams } from '../../../src/rooms/streams/stream-acts.js';
import { SelectedEvents } from '../../../src/rooms/streams/selected-events.js';
import { StreamThrottle } from '../../../src/rooms/streams/stream-throttle.js';
import { StreamStore } from '../../../src/rooms/streams/stream-store.js';
import { StreamWorker } from '../../../src/rooms/streams/stream-worker.js';
import { resolveStreamsOptions } from '../../../src/rooms/streams/streams-options.js';
import { addEvents, kept, testDatabase, makeSequencer, makeSigner, ORIGIN, withClient } from '../../support/index.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { withTiming } from '../../support/with-timing.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

const AWAY_MS = 300_000;
const RETRY_AFTER_SECONDS = 900;
const never = new AbortController().signal;

withTiming({ consumerRetryMs: 500, streamLookMs: 2_000 });
let receiver: WebhookReceiver;
let worker: StreamWorker;
let store: StreamStore;
let destination: OpenDestination;
let told: string[];
/** Milliseconds of a clock that moves by the time that the worker would wait. */
let now: number;

const database = await testDatabase();
const signer = await makeSigner();
const { sequencer } = makeSequencer(database.url, signer);
await kept(sequencer);
const session = await kept(LedgerSession.open(database.url, SEQUENCER, LEADER_LIMITS));
const reader = new LedgerReader({ connectionUrl: database.url, maxReadConnections: 1 });
await kept({ close: () => reader.onApplicationShutdown() });

async function open(rate?: { readonly eventsPerSecond: number }): Promise<void> {
  receiver = await startWebhookReceiver();
  [now, told] = [0, []];
  const name = `siem-${randomBytes(4).toString('hex')}`;
  const options = receiver.destination;
  const given = { name, destination: options, personal: 'include', batch: { maxEvents: 20 }, rate } as const;
  const stream = resolveStreamsOptions({ streams: [given] }, [])?.streams[0];
  if (!stream) throw new Error('the options are right');
  const acts = new FollowedStreams(signer, database.url);
  await enrollStream(session, stream, acts);
  await withClient(database.url, (client) => addEvents(client, 100));
  await sequencer.run();
  store = new StreamStore(session, name, await leadStream(session, name), acts);
  destination = webhook.kind.open(options, { origin: ORIGIN, version: '0' });
  const events = new SelectedEvents(reader, new Catalogue(), undefined);
  const maker = new BatchMaker(stream, events, store, signer);
  worker = new StreamWorker(stream, destination, store, maker, {
    ...{
      signer,
      now: () => now,
      random: () => 0.5,
      pace: new StreamThrottle(never),
      isWoken: () => true,
      idleMs: (pauseMs: number) => pauseMs,
      beat: () => Promise.resolve(),
    },
    end: () => Promise.reject(new Error('no destination is gone here')),
    tell: (line) => void told.push(line),
  });
}

beforeEach(() => open());

afterEach(async () => {
  await destination.close();
  await receiver.close();
});

async function workUntil(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) now += await worker.step(never);
}

async function isAllSent(): Promise<boolean> {
  const { looked, sealed, frozen } = await store.load();
  return frozen === undefined && looked === sealed;
}

async function expectWholeCopy(): Promise<void> {
  expect(receiver.unverified).toEqual([]);
  expectUnbroken(receiver.received);
  const { stream = '' } = receiver.received[0]?.batch ?? {};
  const { events } = await expectReceivedSound(database.url, stream, receiver.received);
  expect(events).toBe((await store.load()).sealed);
}

describe('a stream whose destination', () => {
  it('is away for five minutes tries again more and more seldom, and sends everything when it is back', async () => {
    await workUntil(() => receiver.received.length === 2);
    await receiver.leave();
    const leftAt = now;
    await workUntil(() => now >= leftAt + AWAY_MS);
    const { failures, position, frozen } = await store.load();
    expect(position).toBe(40);
    expect(failures).toBe(10); // after 0.4, 0.8, 1.5, 3, 6, 12, 24, 48, 96 and 192 seconds
    expect(told).toEqual([expect.stringContaining('5 attempts failed in a row')]);

    await receiver.comeBack();
    await workUntil(isAllSent);
    expect(receiver.received[2]?.batch.id).toBe(frozen?.id);
    expect(told).toHaveLength(2);
    await expectWholeCopy();
  });

  it('answers 429 is left alone for as long as its Retry-After says', async () => {
    const askedAt: number[] = [];
    receiver.answerBy((_batch, response) => {
      askedAt.push(now);
      if (askedAt.length !== 2) return 200;
      response.writeHead(429, { 'retry-after': String(RETRY_AFTER_SECONDS) }).end();
      return 'own';
    });
    await workUntil(isAllSent);
    const [, refusedAt = 0, nextAt = 0] = askedAt;
    expect(nextAt - refusedAt).toBeGreaterThanOrEqual(RETRY_AFTER_SECONDS * 1_000);
    expect(receiver.received[2]?.batch.id).toBe(receiver.received[1]?.batch.id);
    await expectWholeCopy();
  });

  it('takes more than its rate gets no more events a second than that', async () => {
    await destination.close();
    await receiver.close();
    await open({ eventsPerSecond: 10 });
    const { sealed } = await store.load();
    await workUntil(isAllSent);
    expect(now / 1_000).toBeGreaterThan(sealed / 10 - 2);
    await expectWholeCopy();
  });
});
