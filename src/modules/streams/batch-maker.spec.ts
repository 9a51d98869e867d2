import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../test/support/sample-event.js';
import { sampleBatch } from '../../../test/support/stream-batches.js';
import { BatchMaker } from './batch-maker.js';
import type { Places } from './selected-events.js';
import { StreamPace } from './stream-pace.js';
import type { StreamProgress, StreamStore } from './stream-store.js';
import { resolveStreams } from './streams-options.js';

/** A maker over sealed events without end, of which only so many fit into a batch. */
function makerWhere(fit: () => number, maxEvents: number): { maker: BatchMaker; asked: number[] } {
  const [stream] = resolveStreams(
    [{ name: 'siem', destination: { type: 'file', path: 'unused' }, personal: 'omit', batch: { maxEvents } }],
    [],
  );
  if (!stream) throw new Error('the options are right');
  const asked: number[] = [];
  const events = {
    read: () => Promise.resolve([]),
    readFitting: (_selection: unknown, { first, most }: Places) => {
      asked.push(most);
      const count = Math.min(most, fit());
      const made = sampleBatch(
        Array.from({ length: count }, () => sampleEvent()),
        { first },
      );
      return Promise.resolve({ events: made.events, isCut: count < most });
    },
    retired: () => Promise.resolve([]),
  };
  const store = { gaps: () => Promise.resolve([]) } as unknown as StreamStore; // what a batch without a checkpoint needs
  const retired = (): never => {
    throw new Error('nothing is retired');
  };
  const maker = new BatchMaker(stream, events, store, retired, new StreamPace(new AbortController().signal));
  return { maker, asked };
}

function progressAt(position: number): StreamProgress {
  return {
    ...{
      state: 'active',
      replayOf: undefined,
      lookedAs: undefined,
      test: undefined,
      position,
      looked: position,
      previousHash: '',
    },
    ...{ checkpointSize: 1_000_000, failures: 0, refusals: 0, sealed: 1_000_000, end: 1_000_000 },
    ...{ retry: undefined, frozen: undefined },
  };
}

describe('the maker of batches', () => {
  it('reads no more large events than a batch may hold twice, and more again once they are small', async () => {
    let fit = 5;
    const { maker, asked } = makerWhere(() => fit, 500);
    let position = 0;
    const next = async (): Promise<number> => {
      const made = await maker.next(progressAt(position), 500);
      expect(made?.frozen.first).toBe(position);
      expect(made?.frozen.last).toBe(made?.batch.events.at(-1)?.index);
      const count = made?.batch.events.length ?? 0;
      position += count;
      return count;
    };

    expect([await next(), await next(), await next()]).toEqual([5, 5, 5]);
    expect(asked).toEqual([500, 10, 10]);
    fit = 1_000;
    expect([await next(), await next(), await next()]).toEqual([10, 20, 40]);
    for (let batch = 0; batch < 4; batch++) await next();
    expect(asked.at(-1)).toBe(500);
  });
});
