import { describe, expect, it } from '@jest/globals';
import { DrainPace, shareBeside } from './drain-pace.js';

describe('the share of the drain', () => {
  it.each([
    [0, 1],
    [0.4, 1],
    [0.55, 0.5],
    [0.7, 0.1],
    [1, 0.1],
  ])('beside an application that uses %d of the event loop is %d', (busy, share) => {
    expect(shareBeside(busy)).toBeCloseTo(share);
  });
});

describe('DrainPace', () => {
  it('lets other work have its turn', async () => {
    const pace = new DrainPace();
    let others = 0;
    setImmediate(() => others++);
    await pace.rest();
    expect(others).toBe(1);
  });

  it('is due after some milliseconds of computing', () => {
    let now = 0;
    const pace = new DrainPace(() => now);
    now = 3;
    expect(pace.isDue).toBe(false);
    now = 4;
    expect(pace.isDue).toBe(true);
    pace.begin();
    expect(pace.isDue).toBe(false);
  });
});
