import { describe, expect, it } from '@jest/globals';
import { busyBeside, DrainPace, shareBeside } from './drain-pace.js';

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

describe('what the application uses of the event loop', () => {
  it.each([
    ['is nothing where the drain alone works, with its connection and the sealing', 1_000, 0, 700, 0],
    ['is the rest where the drain takes all that is left', 1_000, 0, 200, 0.7],
    ['counts of the whole time', 500, 500, 200, 0.2],
    ['is nothing before any time has passed', 0, 0, 0, 0],
  ])('%s', (_, active, idle, ownMs, busy) => {
    expect(busyBeside({ active, idle }, ownMs)).toBeCloseTo(busy);
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
