import { describe, expect, it } from '@jest/globals';
import { marginOf } from './count-overview.js';

describe('marginOf', () => {
  const drawn = { blocks: 10_000, drawn: 1_000 };

  it('is wide if few blocks have many events, and narrow if many blocks have few', () => {
    expect(marginOf(1_000, 100_000, drawn)).toBe(5_880); // 100 events in each of 10 blocks
    expect(marginOf(10_000, 100_000, drawn)).toBe(5_880); // 10 events in each of 1,000 blocks
    expect(marginOf(1_000, 1_000, drawn)).toBe(588); // one event in each of 1,000 blocks
  });

  it('allows for three in a thousand blocks if the sample has none, with 95 % confidence', () => {
    expect(marginOf(0, 0, drawn)).toBe(30);
  });
});
