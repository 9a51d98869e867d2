import { describe, expect, it } from '@jest/globals';

interface Statistics {
  median: (values: readonly number[]) => number;
  percentile: (values: readonly number[], percent: number) => number;
  summarize: (values: readonly number[]) => { median: number; min: number; max: number };
  pairedRatios: (values: readonly number[], references: readonly number[]) => number[];
  pairedDifferences: (values: readonly number[], references: readonly number[]) => number[];
}

// The script is JavaScript, of this shape.
const { median, percentile, summarize, pairedRatios, pairedDifferences } = (await import(
  new URL('../../../bench/statistics.mjs', import.meta.url).href
)) as Statistics;

describe('the statistics of the benchmark', () => {
  it('take the middle one, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
    expect(median([])).toBeNaN();
  });

  it('sort numbers as numbers and leave the list as it was', () => {
    const values = [10, 9, 100];
    expect(median(values)).toBe(10);
    expect(values).toEqual([10, 9, 100]);
  });

  it('find the value that 99 of 100 do not exceed', () => {
    const latencies = Array.from({ length: 101 }, (_, index) => 100 - index);
    expect(percentile(latencies, 99)).toBe(99);
    expect(percentile(latencies, 0)).toBe(0);
    expect(percentile(latencies, 100)).toBe(100);
  });

  it('say how far the rounds lie apart', () => {
    expect(summarize([4, 2, 3])).toEqual({ median: 3, min: 2, max: 4 });
  });

  it('compare two contenders round by round, as far as both have rounds', () => {
    expect(pairedRatios([50, 20, 9], [100, 40])).toEqual([0.5, 0.5]);
    expect(pairedDifferences([50, 20, 9], [10, 40])).toEqual([40, -20]);
  });
});
