import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import { EnvelopeDrain } from '../../../src/rooms/jetstream/envelope-drain.js';
import { hashEnvelope, writeEnvelopes } from '../../../src/rooms/jetstream/envelope.js';
import { takeOver } from '../../../src/rooms/jetstream/ingest-store.js';
import type { LogSequencer } from '../../../src/monitoring/inbox/sealer/log-sequencer.js';
import type { IngestStream } from '../../../src/rooms/jetstream/ingest-stream.js';
import { INGESTER } from '../../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../src/monitoring/store/sessions/ledger-session.js';
import { linesOf } from '../../../src/monitoring/inbox/inbox-row.js';
import { eventually } from '../../support/eventually.js';
import { makeSequencer, makeSigner, ORIGIN, SAMPLE_RULES, sampleEvent } from '../../support/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

interface Kept {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly hash: string;
}

const EXPIRES_MS = 50;

class MemoryJetStream {
  kept: readonly Kept[] = [];
  readonly leftOut = new Set<number>();
  isStuck = false;
  readonly parked: Uint8Array[] = [];
  private last = 0;

  publish(data: Uint8Array, hash = hashEnvelope(data)): number {
    this.kept = [...this.kept, { seq: ++this.last, data, hash }];
    return this.last;
  }

  connect(until: AbortSignal): IngestStream {
    let next = 0;
    let delivered = 0;
    const fetch = async function* (this: MemoryJetStream): AsyncGenerator<object> {
      const endsAt = performance.now() + EXPIRES_MS;
      await eventually(() => until.aborted || performance.now() > endsAt || this.kept.some(({ seq }) => seq >= next));
      for (const { seq, data, hash } of this.kept.filter((each) => each.seq >= next)) {
        next = seq + 1;
        delivered++;
        if (this.leftOut.has(delivered - 1)) continue;
        yield { seq, data, info: { deliverySequence: delivered }, headers: { get: () => hash } };
      }
    };
    const message = (seq: unknown) => this.kept.find((each) => each.seq === seq) ?? null;
    const ignored = () => Promise.resolve();
    const consumer = { fetch: () => Promise.resolve(fetch.call(this)) };
    const publish = (_: string, data: Uint8Array) => Promise.resolve({ seq: this.parked.push(data), duplicate: false });
    return {
      connection: { isClosed: () => false, close: ignored },
      jetstream: { publish, consumers: { get: () => Promise.resolve(consumer) } },
      manager: {
        streams: {
          info: () => {
            const state = { first_seq: this.kept[0]?.seq ?? this.last + 1, last_seq: this.last };
            return Promise.resolve({ state });
          },
          getMessage: (_: string, { seq }: { seq: number }) => Promise.resolve(message(seq)),
          purge: (_: string, { seq }: { seq: number }) => {
            if (this.isStuck) return Promise.reject(new Error('no answer'));
            this.kept = this.kept.filter((each) => each.seq >= seq);
            return Promise.resolve();
          },
        },
        consumers: {
          add: (_: string, { opt_start_seq: first }: { opt_start_seq: number }) => {
            next = first;
            delivered = 0;
            return Promise.resolve({ name: 'worker' });
          },
          delete: ignored,
        },
      },
      maxBytes: 1_000_000,
    } as unknown as IngestStream; // as far as a worker uses it
  }
}

const SUBJECT = 'AUDIT.example_com_log';

let database: TestDatabase;
let jetstream: MemoryJetStream;
let sequencer: LogSequencer;
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  ({ sequencer } = makeSequencer(database.url, await makeSigner()));
  jetstream = new MemoryJetStream();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await sequencer.close();
  await database.drop();
});

interface Worker {
  readonly drain: EnvelopeDrain;
  readonly done: Promise<void>;
  readonly stop: () => Promise<void>;
}

async function startWorker(): Promise<Worker> {
  const session = await LedgerSession.open(database.url, INGESTER);
  const ending = new AbortController();
  const nats = jetstream.connect(ending.signal);
  const plan = { stream: 'AUDIT', origin: ORIGIN, session, nats, onStored: () => undefined };
  const drain = new EnvelopeDrain({ ...plan, warn: () => undefined }, await takeOver(session, SUBJECT));
  const run = async (): Promise<void> => {
    await drain.begin();
    while (!ending.signal.aborted) await drain.step(ending.signal);
  };
  const done = run().finally(() => drain.end());
  done.catch(() => undefined); // looked at by the test
  const stop = async (): Promise<void> => {
    ending.abort();
    await done.catch(() => undefined);
    await session.close();
  };
  ends.push(stop);
  return { drain, done, stop };
}

/** Each call has a new seed. */
function envelopeOf(...events: readonly AuditEvent[]): Buffer {
  const lines = linesOf(events, () => SAMPLE_RULES);
  return writeEnvelopes(ORIGIN, lines, undefined, 1_000_000)[0] ?? Buffer.alloc(0);
}

async function placeIs(sequence: number): Promise<void> {
  await eventually(async () => {
    const [row] = await database.superuserSql('SELECT sequence::int AS sequence FROM audit_ingest');
    return row?.sequence === sequence;
  });
}

async function stored(): Promise<readonly { readonly id: string; readonly type: string; readonly reason: unknown }[]> {
  await sequencer.run();
  await sequencer.run(); // a conflict is an event that waits for the next seal
  const rows = await database.superuserSql('SELECT id, type, reason, details FROM audit_event ORDER BY id');
  return rows as never; // the columns of the statement
}

const idsOf = (events: readonly { readonly id: string }[]): readonly string[] => events.map(({ id }) => id).toSorted();

describe('what JetStream has', () => {
  it('is never stored over an event of the same id: the other content leaves a record', async () => {
    const event = sampleEvent({ reason: 'the first' });
    jetstream.publish(envelopeOf(event));
    jetstream.publish(envelopeOf(sampleEvent(), { ...event, reason: 'another' }));
    await startWorker();
    await placeIs(2);
    const [, conflict] = (await stored()).filter(({ id, type }) => id === event.id || type === 'audit_event_conflict');
    expect((await stored()).find(({ id }) => id === event.id)).toMatchObject({ reason: 'the first' });
    expect(conflict).toMatchObject({ details: { eventId: event.id } });
    expect(await stored()).toHaveLength(3);
  });

  it('brings nothing of an erased event back, and does not count as other content', async () => {
    const event = sampleEvent();
    jetstream.publish(envelopeOf(event));
    const { stop } = await startWorker();
    await placeIs(1);
    await stop();
    await stored();
    await database.sql('SELECT audit_erase(ARRAY[$1::uuid])', [event.id]);
    jetstream.publish(envelopeOf(event));
    await startWorker();
    await placeIs(2);
    expect(await stored()).toEqual([expect.objectContaining({ id: event.id })]);
    const [row] = await database.superuserSql('SELECT personal_salt FROM audit_event');
    expect(row).toEqual({ personal_salt: null });
  });
});

describe('a worker', () => {
  it('stores nothing once another one took over', async () => {
    const first = await startWorker();
    await startWorker();
    jetstream.publish(envelopeOf(sampleEvent()));
    await expect(first.done).rejects.toMatchObject({ code: 'AUDIT_INGEST_TAKEN_OVER' });
    await placeIs(1);
    expect(await stored()).toHaveLength(1);
  });

  it('stops at an envelope of a newer version, and has stored all before', async () => {
    const event = sampleEvent();
    jetstream.publish(envelopeOf(event));
    jetstream.publish(Buffer.from('{"version":3}\n'));
    jetstream.publish(envelopeOf(sampleEvent()));
    const { done, drain } = await startWorker();
    await expect(done).rejects.toMatchObject({
      code: 'AUDIT_INGEST_BLOCKED',
      message: expect.stringContaining('message 2 of'),
    });
    expect(idsOf(await stored())).toEqual([event.id]);
    expect(drain.cursor.sequence).toBe(1);
  });

  it('that ends between a commit and the trim is followed by one that stores nothing twice', async () => {
    jetstream.isStuck = true;
    const events = [sampleEvent(), sampleEvent(), sampleEvent()];
    for (const event of events) jetstream.publish(envelopeOf(event));
    const { done, stop } = await startWorker();
    await expect(done).rejects.toMatchObject({ code: 'AUDIT_INGEST_UNAVAILABLE' });
    await stop();
    expect(idsOf(await stored())).toEqual(idsOf(events));
    jetstream.isStuck = false;
    const another = sampleEvent();
    jetstream.publish(envelopeOf(another));
    await startWorker();
    await placeIs(4);
    await eventually(() => jetstream.kept.length === 1);
    expect(idsOf(await stored())).toEqual(idsOf([...events, another]));
  });

  it('stores nothing behind a message that was left out', async () => {
    jetstream.leftOut.add(1);
    const events = [sampleEvent(), sampleEvent(), sampleEvent()];
    for (const event of events) jetstream.publish(envelopeOf(event));
    const { done, stop } = await startWorker();
    await expect(done).rejects.toThrow('skipped a message');
    await stop();
    jetstream.leftOut.clear();
    await startWorker();
    await placeIs(3);
    expect(idsOf(await stored())).toEqual(idsOf(events));
  });
});
