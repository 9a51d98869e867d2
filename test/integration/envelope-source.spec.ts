import { createWriter } from '../support/writers.js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { EnvelopeSource } from '../../src/extensions/jetstream/envelope-source.js';
import { hashEnvelope, writeEnvelopes } from '../../src/extensions/jetstream/envelope.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import type { IngestStream } from '../../src/extensions/jetstream/ingest-stream.js';
import { toInboxLines } from '../../src/monitoring/inbox/inbox-row.js';
import { eventually } from '../support/eventually.js';
import {
  addEvents,
  makeSequencer,
  makeSigner,
  ORIGIN,
  SAMPLE_RULES,
  sampleEvent,
  withClient,
} from '../support/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

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

  connect(): IngestStream {
    let next = 0;
    let delivered = 0;
    const fetch = async function* (this: MemoryJetStream): AsyncGenerator<object> {
      const endsAt = performance.now() + EXPIRES_MS;
      await eventually(() => performance.now() > endsAt || this.kept.some(({ seq }) => seq >= next));
      for (const { seq, data, hash } of this.kept.filter((each) => each.seq >= next)) {
        next = seq + 1;
        delivered++;
        if (this.leftOut.has(delivered - 1)) continue;
        yield { seq, data, time: new Date(), info: { deliverySequence: delivered }, headers: { get: () => hash } };
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
let signer: CheckpointSigner;
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  signer = await makeSigner();
  jetstream = new MemoryJetStream();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await database.drop();
});

interface Leader {
  readonly warnings: readonly string[];
  readonly stop: () => Promise<void>;
}

function startLeader(): Leader {
  const { sequencer } = makeSequencer(database.url, signer);
  const warnings: string[] = [];
  const source = new EnvelopeSource({
    ...{ stream: 'AUDIT', subject: SUBJECT, origin: ORIGIN, login: {} },
    open: () => Promise.resolve(jetstream.connect()),
    awaitReplicas: () => Promise.resolve(),
    wake: () => {
      sequencer.expect(0);
    },
    warn: (line) => void warnings.push(line),
    log: (level, line) => level !== 'log' && void warnings.push(line),
  });
  sequencer.sources.push(source);
  sequencer.start();
  const stop = async (): Promise<void> => {
    await source.stop();
    await sequencer.stop();
    await sequencer.finish();
  };
  ends.push(stop);
  return { warnings, stop };
}

/** Each call has a new seed. */
function buildEnvelope(...events: readonly AuditEvent[]): Buffer {
  const lines = toInboxLines(events, () => SAMPLE_RULES);
  return writeEnvelopes(ORIGIN, lines, createWriter(), 1_000_000)[0] ?? Buffer.alloc(0);
}

async function placeIs(sequence: number): Promise<void> {
  await eventually(async () => {
    const [row] = await database.superuserSql('SELECT sequence::int AS sequence FROM audit_ingest');
    return row?.sequence === sequence;
  });
}

async function inboxPosition(): Promise<unknown> {
  const [row] = await database.superuserSql(
    "SELECT pg_sequence_last_value(pg_get_serial_sequence('audit_inbox', 'position')) AS last",
  );
  return row?.last;
}

async function stored(): Promise<readonly { readonly id: string; readonly type: string; readonly reason: unknown }[]> {
  const rows = await database.superuserSql('SELECT id, type, reason, details FROM audit_event ORDER BY id');
  return rows as never; // the columns of the statement
}

const getIds = (events: readonly { readonly id: string }[]): readonly string[] => events.map(({ id }) => id).toSorted();

describe('what JetStream has', () => {
  it('is sealed in one transaction with its place, and needs no row of the inbox', async () => {
    const event = sampleEvent();
    jetstream.publish(buildEnvelope(event));
    const before = await inboxPosition();
    startLeader();
    await placeIs(1);
    expect(getIds(await stored())).toEqual([event.id]);
    expect(await inboxPosition()).toBe(before);
  });

  it('brings nothing of an erased event back, and does not count as other content', async () => {
    const event = sampleEvent();
    jetstream.publish(buildEnvelope(event));
    startLeader();
    await placeIs(1);
    await database.sql('SELECT audit_erase(ARRAY[$1::uuid])', [event.id]);
    jetstream.publish(buildEnvelope(event));
    await placeIs(2);
    expect(await stored()).toEqual([expect.objectContaining({ id: event.id })]);
    const [row] = await database.superuserSql('SELECT personal_salt FROM audit_event');
    expect(row).toEqual({ personal_salt: null });
  });
});

describe('a leader', () => {
  it('whose cursor somebody moved begins again at the stored one', async () => {
    const first = startLeader();
    const event = sampleEvent();
    jetstream.publish(buildEnvelope(event));
    await placeIs(1);
    await database.superuserSql('UPDATE audit_ingest SET sequence = 0, envelope = NULL');
    const another = sampleEvent();
    jetstream.publish(buildEnvelope(another));
    await placeIs(2);
    expect(getIds(await stored())).toEqual(getIds([event, another]));
    expect(first.warnings.join()).toContain('another leader stored its messages');
  });

  it('stops at an envelope of a newer version, and has stored all before, and other events continue', async () => {
    const event = sampleEvent();
    jetstream.publish(buildEnvelope(event));
    jetstream.publish(Buffer.from('{"version":3}\n'));
    jetstream.publish(buildEnvelope(sampleEvent()));
    startLeader();
    const problem = await eventually(async () => {
      const [row] = await database.superuserSql('SELECT problem FROM audit_ingest');
      return row?.problem ?? false;
    });
    expect(problem).toContain('message 2 of');
    await placeIs(1);
    const otherIds = await withClient(database.url, (client) => addEvents(client, 1));
    await eventually(async () => (await stored()).length === 2);
    expect(getIds(await stored())).toEqual([event.id, ...otherIds].toSorted());
  });

  it('that ends between a commit and the trim is followed by one that stores nothing twice', async () => {
    jetstream.isStuck = true;
    const events = [sampleEvent(), sampleEvent(), sampleEvent()];
    for (const event of events) jetstream.publish(buildEnvelope(event));
    const { stop, warnings } = startLeader();
    await eventually(() => warnings.some((line) => line.includes('no answer')));
    await stop();
    expect(getIds(await stored())).toEqual(getIds(events));
    jetstream.isStuck = false;
    const another = sampleEvent();
    jetstream.publish(buildEnvelope(another));
    startLeader();
    await placeIs(4);
    await eventually(() => jetstream.kept.length === 1);
    expect(getIds(await stored())).toEqual(getIds([...events, another]));
  });

  it('stores nothing behind a message that was left out', async () => {
    jetstream.leftOut.add(1);
    const events = [sampleEvent(), sampleEvent(), sampleEvent()];
    for (const event of events) jetstream.publish(buildEnvelope(event));
    const { stop, warnings } = startLeader();
    await eventually(() => warnings.some((line) => line.includes('skipped a message')));
    await stop();
    jetstream.leftOut.clear();
    startLeader();
    await placeIs(3);
    expect(getIds(await stored())).toEqual(getIds(events));
  });
});
