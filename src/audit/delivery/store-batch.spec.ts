import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AuditEvent } from '../event/audit-event.js';
import { bisectBatch } from './store-batch.js';
import type { BatchResult } from './call-provider.js';

const STORED: BatchResult = { status: 'stored' };
const REFUSED: BatchResult = { status: 'rejected', error: 'no', fault: 'unknown' };
const UNSTORABLE: BatchResult = { status: 'rejected', error: 'too large', fault: 'events' };

function batch(size: number): readonly AuditEvent[] {
  return Array.from({ length: size }, (_, id) => ({ id: String(id) }) as AuditEvent); // the tests read only the event's id
}

const getIds = (events: readonly AuditEvent[]): readonly string[] => events.map(({ id }) => id);

function createStore(poison: ReadonlySet<string>, bad: BatchResult) {
  const stored: string[] = [];
  let offers = 0;
  const offer = (part: readonly AuditEvent[]): Promise<BatchResult> => {
    offers++;
    if (part.some(({ id }) => poison.has(id))) return Promise.resolve(bad);
    stored.push(...getIds(part));
    return Promise.resolve(STORED);
  };
  return { offer, stored, offers: () => offers };
}

const poisonedBatches = fc
  .integer({ min: 1, max: 300 })
  .chain((size) =>
    fc.record({ size: fc.constant(size), poison: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 })) }),
  );

describe('a batch that is refused', () => {
  it('for one event among 500 stores the other 499 with few offers, in order', async () => {
    const store = createStore(new Set(['250']), REFUSED);
    const { stored, refused, undecided } = await bisectBatch(batch(500), store.offer);

    expect(stored).toHaveLength(499);
    expect(refused.map(({ event, error }) => [event.id, error])).toEqual([['250', 'no']]);
    expect(undecided).toEqual([]);
    expect(getIds(stored)).toEqual(store.stored);
    expect(store.offers()).toBeLessThanOrEqual(2 * 9 + 1);
  });

  it('for events that the provider judges separates exactly those, however many', async () => {
    await fc.assert(
      fc.asyncProperty(poisonedBatches, async ({ size, poison }) => {
        const bad = new Set(poison.map(String));
        const { stored, refused, undecided } = await bisectBatch(batch(size), createStore(bad, UNSTORABLE).offer);

        expect(undecided).toEqual([]);
        expect(new Set(refused.map(({ event }) => event.id))).toEqual(bad);
        expect(stored).toHaveLength(size - bad.size);
      }),
    );
  });

  it('plainly: each event is stored, refused or left, and none is called refused when nothing was stored', async () => {
    await fc.assert(
      fc.asyncProperty(poisonedBatches, async ({ size, poison }) => {
        const bad = new Set(poison.map(String));
        const { stored, refused, undecided } = await bisectBatch(batch(size), createStore(bad, REFUSED).offer);

        const all = [...getIds(stored), ...refused.map(({ event }) => event.id), ...getIds(undecided)];
        expect(all.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, id) => id));
        expect(stored.every(({ id }) => !bad.has(id))).toBe(true);
        if (stored.length === 0) expect(refused).toEqual([]);
        else expect(refused).toHaveLength(bad.size);
      }),
      { examples: [[{ size: 2, poison: [0, 1] }], [{ size: 3, poison: [0, 1, 2] }]] },
    );
  });

  it('by a provider that is down is left after a few offers', async () => {
    const store = createStore(new Set(getIds(batch(500))), REFUSED);
    const outcome = await bisectBatch(batch(500), store.offer);

    expect(outcome).toMatchObject({ stored: [], refused: [], error: 'no' });
    expect(outcome.undecided).toHaveLength(500);
    expect(store.offers()).toBeLessThanOrEqual(20);
  });

  it('for its store is left at once: no event is at fault', async () => {
    const store = createStore(new Set(['3']), { status: 'rejected', error: 'it restarts', fault: 'store' });
    const outcome = await bisectBatch(batch(8), store.offer);

    expect(outcome).toMatchObject({ stored: [], refused: [], error: 'it restarts' });
    expect([getIds(outcome.undecided), store.offers()]).toEqual([getIds(batch(8)), 1]);
  });

  it('and then left keeps apart what the provider has judged', async () => {
    const results: BatchResult[] = [UNSTORABLE, UNSTORABLE, UNSTORABLE, STORED];
    const offer = (): Promise<BatchResult> =>
      Promise.resolve(results.shift() ?? { status: 'timed out', error: 'no answer' });
    const outcome = await bisectBatch(batch(4), offer);

    expect(outcome.refused.map(({ event }) => event.id)).toEqual(['0']);
    expect([getIds(outcome.stored), getIds(outcome.undecided)]).toEqual([['1'], ['2', '3']]);
  });

  it('and then not answered is left as far as it is not decided', async () => {
    let offers = 0;
    const { stored, undecided, error } = await bisectBatch(batch(4), () => {
      const results: readonly BatchResult[] = [REFUSED, STORED, { status: 'timed out', error: 'no answer' }];
      return Promise.resolve(results[offers++] ?? STORED);
    });

    expect([getIds(stored), getIds(undecided), error]).toEqual([['0', '1'], ['2', '3'], 'no answer']);
    expect(offers).toBe(3);
  });
});
