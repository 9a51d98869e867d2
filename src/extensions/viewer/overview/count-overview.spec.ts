import { describe, expect, it } from '@jest/globals';
import { computeMargin } from './count-overview.js';

describe('computeMargin', () => {
  const drawn = { blocks: 10_000, drawn: 1_000 };

  it('is wide if few blocks have many events, and narrow if many blocks have few', () => {
    expect(computeMargin(1_000, 100_000, drawn)).toBe(5_880); // 100 events in each of 10 blocks
    expect(computeMargin(10_000, 100_000, drawn)).toBe(5_880); // 10 events in each of 1,000 blocks
    expect(computeMargin(1_000, 1_000, drawn)).toBe(588); // one event in each of 1,000 blocks
  });

  it('allows for three in a thousand blocks if the sample has none, with 95 % confidence', () => {
    expect(computeMargin(0, 0, drawn)).toBe(30);
  });
});
