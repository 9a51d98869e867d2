import { describe, expect, it } from '@jest/globals';
import { labelledSteps, roundUp, segmentsOf, stepsBetween } from './histogram-scale.js';

describe('a histogram', () => {
  it('ends at a round number', () => {
    expect([0, 1, 3, 7, 12, 24, 101, 4711].map(roundUp)).toEqual([1, 1, 3, 8, 15, 30, 150, 5000]);
  });

  it('stacks failures on successes, and hides nothing that is small', () => {
    const step = { start: '', end: '', count: 1001, outcomes: { failure: 1, success: 1000, strange: 200 } };
    expect(segmentsOf([step], 2000)).toEqual([
      { step: 0, outcome: 'success', y: 50, height: 50 },
      { step: 0, outcome: 'failure', y: 49, height: 1 },
      { step: 0, outcome: 'strange', y: 39, height: 10 },
    ]);
  });

  it('takes a drag in either direction, and beyond its ends', () => {
    expect(stepsBetween(0.9, 0.11, 10)).toEqual({ first: 1, last: 9 });
    expect(stepsBetween(-1, 2, 10)).toEqual({ first: 0, last: 9 });
  });

  it('labels some steps', () => {
    expect(labelledSteps(60)).toEqual([0, 12, 24, 36, 48]);
    expect(labelledSteps(2)).toEqual([0, 1]);
  });
});
