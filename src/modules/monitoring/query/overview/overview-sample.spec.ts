import { describe, expect, it } from '@jest/globals';
import { blocksWithin, drawnWithin, marginOf } from './overview-sample.js';

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
    expect(drawnWithin(PARTS, range, 10)).toEqual({ blocks: 6_000, drawn: 600 });
  });
});

describe('marginOf', () => {
  const drawn = { blocks: 10_000, drawn: 1_000 };

  it('is wide where blocks have many, and narrow where they have few', () => {
    expect(marginOf(1_000, 100_000, drawn)).toBe(5_880); // each tenth of a hundred blocks
    expect(marginOf(10_000, 100_000, drawn)).toBe(5_880); // ten in each
    expect(marginOf(1_000, 1_000, drawn)).toBe(588); // one in each
  });

  it('says how many there may be of what no block has: three of a thousand blocks, with 95 % confidence', () => {
    expect(marginOf(0, 0, drawn)).toBe(30);
  });
});
