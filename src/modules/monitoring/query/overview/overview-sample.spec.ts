import { describe, expect, it } from '@jest/globals';
import { blocksWithin, drawnOf, drawnWithin, marginOf } from './overview-sample.js';

const NOW = Date.UTC(2026, 10, 22);
const PARTS = ['2026_05', '2026_06', '2026_07'].map((month) => ({ name: `audit_event_${month}`, blocks: 3_000 }));

describe('blocksWithin', () => {
  it('takes the events of a month to be spread evenly over it', () => {
    expect(blocksWithin(PARTS, Date.UTC(2026, 5, 16), Date.UTC(2026, 6, 1), NOW)).toBe(1_500);
    expect(blocksWithin(PARTS, Date.UTC(2026, 4, 1), Date.UTC(2026, 7, 1), NOW)).toBe(9_000);
  });
});

describe('drawnWithin', () => {
  it('is of the parts that have events of the range', () => {
    const range = { from: Date.UTC(2026, 5, 16), to: Date.UTC(2026, 6, 2), now: NOW };
    expect(drawnWithin(PARTS, range, 10)).toEqual({ blocks: 6_000, drawn: 2 * drawnOf(3_000, 10), isCounted: true });
    expect(drawnOf(3_000, 10) / 300).toBeCloseTo(1, 0);
    expect([drawnOf(3_000, 0), drawnOf(3_000, 100)]).toEqual([0, 3_000]);
  });

  it('does not count billions of blocks', () => {
    const range = { from: Date.UTC(2026, 5, 1), to: Date.UTC(2026, 6, 1), now: NOW };
    const parts = [{ name: 'audit_event_2026_06', blocks: 4e9 }];
    expect(drawnWithin(parts, range, 1e-3)).toEqual({ blocks: 4e9, drawn: 4e4, isCounted: false });
  });
});

describe('marginOf', () => {
  const drawn = { blocks: 10_000, drawn: 1_000, isCounted: true };

  it('is wide where few blocks have many, and narrow where all have the same', () => {
    expect(marginOf(1_000, 100_000, drawn)).toBe(5_851); // each tenth of a hundred blocks
    expect(marginOf(10_000, 100_000, drawn)).toBe(300); // ten in each
  });

  it('says how many there may be of what no block has: three of a thousand blocks, with 95 % confidence', () => {
    expect(marginOf(0, 0, drawn)).toBe(30);
  });

  it('is wider where only the expected number of blocks is known', () => {
    expect(marginOf(10_000, 100_000, { ...drawn, isCounted: false })).toBe(5_880);
  });
});
