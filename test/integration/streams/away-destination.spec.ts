import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Catalogue } from '../../../src/audit/nest-free.js';
import { LedgerReader } from '../../../src/monitoring/store/ledger-reader.service.js';
import { SEQUENCER } from '../../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../src/monitoring/store/sessions/ledger-session.js';
import type { LedgerSessions } from '../../../src/monitoring/store/sessions/ledger-sessions.js';
import { LEADER_LIMITS } from '../../../src/monitoring/store/sessions/session-limits.js';
import { addConsumer, ConsumerStore, type ConsumerProgress } from '../../../src/monitoring/consumers/consumer-store.js';
import type { FrozenRange } from '../../../src/monitoring/consumers/range-consumer.js';
import { ConsumerWorker } from '../../../src/monitoring/consumers/consumer-worker.js';
import { SelectedEvents } from '../../../src/extensions/streams/selected-events.js';
import { StreamConsumer } from '../../../src/extensions/streams/stream-consumer.js';
import { resolveStreamsOptions } from '../../../src/extensions/streams/streams-options.js';
import {
  addEvents,
  closeAfterTests,
  testDatabase,
  makeSequencer,
  makeSigner,
  withClient,
} from '../../support/index.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { withTiming } from '../../support/with-timing.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

const AWAY_MS = 300_000;
const RETRY_AFTER_SECONDS = 900;
const never = new AbortController().signal;

withTiming({ consumerRetryMs: 500, consumerLookMs: 2_000 });
let receiver: WebhookReceiver;
let worker: ConsumerWorker;
let store: ConsumerStore;
let consumer: StreamConsumer;
let name: string;
let reported: string[];
/** Milliseconds of a clock that moves by the time that the worker would wait. */
let now: number;

const database = await testDatabase();
const signer = await makeSigner();
const { sequencer } = makeSequencer(database.url, signer);
await closeAfterTests(sequencer);
const session = await closeAfterTests(LedgerSession.open(database.url, SEQUENCER, LEADER_LIMITS));
const sessions: Pick<LedgerSessions, 'use'> = { use: (work) => work(session) };
const reader = new LedgerReader({ connectionUrl: database.url, maxReadConnections: 1 });
await closeAfterTests({ close: () => reader.onApplicationShutdown() });

async function open(rate?: { readonly eventsPerSecond: number }): Promise<void> {
  receiver = await startWebhookReceiver();
  [now, reported] = [0, []];
  name = `siem-${randomBytes(4).toString('hex')}`;
  const options = receiver.destination;
  const given = { name, destination: options, personal: 'include', batch: { maxEvents: 20 }, rate } as const;
  const stream = resolveStreamsOptions({ streams: [given] }, [])?.streams[0];
  if (!stream) throw new Error('the options are right');
  consumer = new StreamConsumer(stream, new SelectedEvents(reader, new Catalogue(), undefined), reader, signer);
  await addConsumer(session, consumer, 'beginning', signer);
  await withClient(database.url, (client) => addEvents(client, 100));
  await sequencer.run();
  store = new ConsumerStore(session, name, signer, sessions);
  worker = new ConsumerWorker(consumer, store, {
    ...{ now: () => now, random: () => 0.5, isWakeable: () => true, idleMs: (pauseMs: number) => pauseMs },
    busy: () => undefined,
    end: () => Promise.reject(new Error('no destination is gone here')),
    notify: (line) => void reported.push(line),
  });
}

beforeEach(() => open());

afterEach(async () => {
  await consumer.close();
  await receiver.close();
});

async function workUntil(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) now += (await worker.step(never)) ?? 0;
}

async function load(): Promise<ConsumerProgress> {
  const progress = await store.load();
  if (!progress) throw new Error('the ledger lacks the row');
  return progress;
}

async function isAllSent(): Promise<boolean> {
  const { position, sealed, frozen } = await load();
  return frozen === undefined && position === sealed;
}

async function expectWholeCopy(): Promise<void> {
  expect(receiver.unverified).toEqual([]);
  expectUnbroken(receiver.received);
  const { stream = '' } = receiver.received[0]?.batch ?? {};
  const { events } = await expectReceivedSound(database.url, stream, receiver.received);
  expect(events).toBe((await load()).sealed);
}

describe('a stream whose destination', () => {
  it('is away for five minutes tries again more and more seldom, and sends everything when it is back', async () => {
    await workUntil(() => receiver.received.length === 2);
    await receiver.leave();
    const leftAt = now;
    await workUntil(() => now >= leftAt + AWAY_MS);
    const { failures, position, frozen } = await load();
    expect(position).toBe(40);
    expect(failures).toBe(10); // after 0.4, 0.8, 1.5, 3, 6, 12, 24, 48, 96 and 192 seconds
    expect(reported).toEqual([expect.stringContaining('5 attempts failed in a row')]);

    await receiver.comeBack();
    await workUntil(isAllSent);
    expect(receiver.received[2]?.batch.id).toBe(frozen?.more.id);
    expect(reported).toHaveLength(2);
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
    await consumer.close();
    await receiver.close();
    await open({ eventsPerSecond: 10 });
    const { sealed } = await load();
    await workUntil(isAllSent);
    expect(now / 1_000).toBeGreaterThan(sealed / 10 - 2);
    await expectWholeCopy();
  });
});

describe('a process whose consumer another process has moved', () => {
  const batchAt = (first: number): FrozenRange => ({ first, end: first + 1, more: { id: `batch-${first}` } });
  const openStore = () => new ConsumerStore(session, name, signer, sessions);

  async function stored(): Promise<readonly unknown[]> {
    const [row] = await database.superuserSql(`SELECT (SELECT json_agg(s) FROM audit_consumer s) AS consumers,
            (SELECT json_agg(p) FROM audit_consumer_parked p) AS parked`);
    return Object.values(row ?? {});
  }

  it('can neither freeze, handle, skip, fail, park nor forget a batch', async () => {
    const [before, now] = [openStore(), openStore()];
    const changes: readonly ((store: ConsumerStore) => Promise<unknown>)[] = [
      (each) => each.freeze(batchAt(0)),
      (each) => each.handled(batchAt(0), 1),
      (each) => each.skip(1),
      (each) => each.fail('it answered 500'),
      (each) => each.park([3], 'refused'),
      (each) => each.forget(),
      (each) => each.finish(),
    ];
    for (const [nth, change] of changes.entries()) {
      await before.load();
      await now.load();
      expect(await now.freeze(batchAt(nth))).toBe(true);
      const known = await stored();
      await change(before);
      expect(await stored()).toEqual(known);
    }
  });

  it('gets the batch that the other one froze', async () => {
    const [one, other] = [openStore(), openStore()];
    await one.load();
    expect(await one.freeze(batchAt(0))).toBe(true);
    expect((await other.load())?.frozen).toEqual(batchAt(0));
    expect(await one.handled(batchAt(0), 1)).toBe(true);
    expect(await other.freeze(batchAt(0))).toBe(false);
  });
});
