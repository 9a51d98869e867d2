import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../test/support/sample-event.js';
import { sampleBatch } from '../../../test/support/stream-batches.js';
import type { BatchMaker } from './batch-maker.js';
import type { StreamAnswer } from './stream-destination.js';
import type { StreamStore } from './stream-store.js';
import { StreamPace } from './stream-pace.js';
import { StreamWorker } from './stream-worker.js';
import { resolveStreams } from './streams-options.js';

const never = new AbortController().signal;

/** A worker on a clock that the test moves, with batches without end. */
class Scene {
  /** Milliseconds. */
  now = 0;
  readonly told: string[] = [];
  /** When the destination was called. */
  readonly calls: number[] = [];
  answer: StreamAnswer = { outcome: 'accepted' };
  readonly worker: StreamWorker;
  private failures = 0;

  constructor(rate?: { readonly eventsPerSecond: number }) {
    const [stream] = resolveStreams(
      [{ name: 'siem', destination: { type: 'file', path: 'unused' }, personal: 'omit', rate }],
      [],
    );
    if (!stream) throw new Error('the options are right');
    const store = {
      load: () => Promise.resolve({ state: 'active', failures: this.failures, refusals: 0 }),
      freeze: () => Promise.resolve(true),
      accept: () => Promise.resolve(void (this.failures = 0)),
      fail: () => Promise.resolve((this.failures += 1)),
    } as unknown as StreamStore; // the methods that are called
    const maker = {
      hasMore: () => true,
      next: (_progress: unknown, limit: number) => {
        const batch = sampleBatch(Array.from({ length: Math.min(limit, 5) }, () => sampleEvent()));
        return Promise.resolve({ batch, frozen: { id: batch.id } });
      },
    } as unknown as BatchMaker; // the methods that are called
    const destination = {
      acknowledgement: 'stored',
      send: () => {
        this.calls.push(this.now);
        return Promise.resolve(this.answer);
      },
      close: () => Promise.resolve(),
    } as const;
    this.worker = new StreamWorker(stream, destination, store, maker, {
      origin: 'example.com/log',
      signText: (text) => text,
      end: () => Promise.resolve(),
      tell: (line) => void this.told.push(line),
      now: () => this.now,
      random: () => 0.5,
      pace: new StreamPace(never),
      isWoken: () => true,
    });
  }

  /** Lets the worker work until a time. */
  async runUntil(end: number): Promise<void> {
    while (this.now < end) {
      const waitMs = await this.worker.step(never);
      this.now = Math.min(this.now + Math.max(waitMs, 1), end);
    }
  }
}

describe('the worker of a stream', () => {
  it('sends no more events a second than its rate', async () => {
    const scene = new Scene({ eventsPerSecond: 10 });
    await scene.runUntil(10_000);
    expect(scene.worker.total.sent).toBeLessThanOrEqual(105);
    expect(scene.worker.total.sent).toBeGreaterThanOrEqual(95);
  });
});
