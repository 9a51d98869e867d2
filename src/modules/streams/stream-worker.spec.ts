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
  it('does not call the destination before Retry-After is over', async () => {
    const scene = new Scene();
    scene.answer = { outcome: 'retry', reason: 'it answered 429', afterMs: 60_000 };
    await scene.runUntil(59_999);
    expect(scene.calls).toEqual([0]);
    scene.answer = { outcome: 'accepted' };
    await scene.runUntil(60_010);
    expect(scene.calls[1]).toBeGreaterThanOrEqual(60_000);
  });

  it('tries for as long as the destination is away, less and less often, and then sends at once', async () => {
    const scene = new Scene();
    scene.answer = { outcome: 'retry', reason: 'connect ECONNREFUSED' };
    await scene.runUntil(3_600_000);
    expect(scene.calls.length).toBeLessThan(30);
    const waits = scene.calls.slice(1).map((call, nth) => call - (scene.calls[nth] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_001);
    expect(scene.told).toEqual([expect.stringContaining('5 attempts failed in a row')]);

    scene.answer = { outcome: 'accepted' };
    const before = scene.calls.length;
    const end = scene.now + 300_000;
    while (scene.calls.length <= before + 1 && scene.now < end) await scene.runUntil(scene.now + 100);
    expect(scene.calls.length).toBeGreaterThan(before + 1);
    expect(scene.told.at(-1)).toBe('The stream siem is sent again.');
  });

  it('sends no more events a second than its rate', async () => {
    const scene = new Scene({ eventsPerSecond: 10 });
    await scene.runUntil(10_000);
    expect(scene.worker.total.sent).toBeLessThanOrEqual(105);
    expect(scene.worker.total.sent).toBeGreaterThanOrEqual(95);
  });
});
