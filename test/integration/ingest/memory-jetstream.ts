import { hashEnvelope } from '../../../src/modules/jetstream/envelope.js';
import type { IngestStream } from '../../../src/modules/jetstream/ingest-stream.js';
import type { DeliveredMessage, StreamConfig } from '../../../src/modules/jetstream/nats-packages.js';
import { eventually } from '../../support/eventually.js';

interface Kept {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly hash: string;
}

const UNUSED = {} as StreamConfig; // a worker does not look at it

/** How long a request waits for messages. */
const EXPIRES_MS = 50;

/** A JetStream stream in memory, as far as a worker sees it. */
export class MemoryJetStream {
  kept: readonly Kept[] = [];
  /** Of the next deliveries, counted from 0, those that are left out. */
  readonly leftOut = new Set<number>();
  /** Whether it fails to remove messages. */
  isStuck = false;
  /** What was published on another subject. */
  readonly parked: Uint8Array[] = [];
  private last = 0;

  /** Resolves with the message's place. */
  publish(data: Uint8Array, hash = hashEnvelope(data)): number {
    this.kept = [...this.kept, { seq: ++this.last, data, hash }];
    return this.last;
  }

  /** As a worker connects to it. Requests end when `until` is aborted. */
  connect(until: AbortSignal): IngestStream {
    let next = 0;
    let delivered = 0;
    const fetch = async function* (this: MemoryJetStream): AsyncGenerator<DeliveredMessage> {
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
    const unused = () => Promise.reject(new Error('not used'));
    return {
      connection: { isClosed: () => false, close: ignored },
      jetstream: { publish, consumers: { get: () => Promise.resolve(consumer) } },
      manager: {
        streams: {
          info: () => {
            const state = { first_seq: this.kept[0]?.seq ?? this.last + 1, last_seq: this.last };
            return Promise.resolve({ config: UNUSED, state });
          },
          add: unused,
          getMessage: (_, { seq }) => Promise.resolve(message(seq)),
          purge: (_, { seq }) => {
            if (this.isStuck) return Promise.reject(new Error('no answer'));
            this.kept = this.kept.filter((each) => each.seq >= Number(seq));
            return Promise.resolve();
          },
        },
        consumers: {
          add: (_, { opt_start_seq: first }) => {
            next = Number(first);
            delivered = 0;
            return Promise.resolve({ name: 'worker' });
          },
          delete: ignored,
        },
      },
      maxBytes: 1_000_000,
    };
  }
}
