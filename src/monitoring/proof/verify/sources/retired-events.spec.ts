import { describe, expect, it } from '@jest/globals';
import { createFirstIdAt } from '../../../store/id-time.js';
import type { RetirementRange } from './log-source.js';
import { retiredEvents } from './retired-events.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

const CUTOFF = Date.parse('2026-03-01T00:00:00.000Z');
const idAt = (offsetMs: number): string => createFirstIdAt(new Date(CUTOFF + offsetMs));
const retirement = (id: string, isOver = true): RetirementRange => ({ id, beforeId: idAt(0), isOver });

function createSnapshot(ranges: readonly (readonly [string, number, number])[]): LedgerSession {
  const rows = ranges.map(([id, first, last]) => ({ retirement_id: id, first_index: first, last_index: last }));
  return { rows: () => Promise.resolve(rows) } as unknown as LedgerSession; // the test uses nothing else of a session
}

const retiredIn = (ranges: Parameters<typeof createSnapshot>[0], retirements: readonly RetirementRange[]) =>
  retiredEvents(createSnapshot(ranges), { from: 10, to: 20 }, retirements);

describe('a retirement', () => {
  it('excuses the events before its cutoff, and no newer event in the same range', async () => {
    const retired = await retiredIn([['r', 5, 12]], [retirement('r')]);
    expect(retired.isRetired(10, idAt(-1))).toBe(true);
    expect(retired.isRetired(10, idAt(0))).toBe(false);
    expect(retired.isRetired(10, idAt(86_400_000))).toBe(false);
    expect(retired.isRetired(10, undefined)).toBe(false);
  });

  it('excuses only its own range', async () => {
    const retired = await retiredIn([['r', 5, 12]], [retirement('r')]);
    expect([9, 12, 13].map((index) => retired.isRetired(index, idAt(-1)))).toEqual([false, true, false]);
    const unknown = await retiredIn([['another', 5, 12]], [retirement('r')]);
    expect(unknown.isRetired(10, idAt(-1))).toBe(false);
    expect((await retiredIn([], [])).isRetired(10, idAt(-1))).toBe(false);
  });

  it('must have removed its events once it is over, unless another retirement of the same event continues', async () => {
    const both = [retirement('r'), retirement('s', false)];
    const retired = await retiredIn(
      [
        ['r', 10, 12],
        ['s', 12, 14],
      ],
      both,
    );
    expect([10, 11, 12, 13, 15].map((index) => retired.isOver(index))).toEqual([true, true, false, false, false]);
  });
});
