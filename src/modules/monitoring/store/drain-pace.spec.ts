import { describe, expect, it } from '@jest/globals';
import { busyBeside, shareBeside } from './drain-pace.js';

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
