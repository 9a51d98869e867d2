import { describe, expect, it } from '@jest/globals';
import { chooseSteps } from './time-steps.js';

const at = (time: string): number => Date.parse(time);
const buildSteps = (from: string, to: string, max: number, timeZone = 'UTC') => {
  const found = chooseSteps(at(from), at(to), max, timeZone);
  return found && { ...found, starts: found.starts.map((start) => new Date(start).toISOString()) };
};

describe('chooseSteps', () => {
  it.each([
    ['2026-11-20T00:00:00Z', '2026-11-20T00:00:50Z', '1s', 50],
    ['2026-11-20T00:00:00Z', '2026-11-20T01:00:00Z', '1m', 60],
    ['2026-11-20T00:00:30Z', '2026-11-20T01:00:30Z', '5m', 13],
    ['2026-11-01', '2026-12-01', '12h', 60],
    ['2026-01-01', '2027-01-01', '1w', 53],
    ['1970-01-01', '2026-01-01', '1y', 56],
  ])('chooses from %s to %s the shortest possible step: %s', (from, to, step, count) => {
    const steps = buildSteps(from, to, 60);
    expect([steps?.step, steps?.starts.length]).toEqual([step, count]);
  });

  it('cuts the first step at the beginning of the range', () => {
    expect(buildSteps('2026-11-18T13:00:00Z', '2026-11-30', 1)).toEqual({
      step: '1mo',
      starts: ['2026-11-18T13:00:00.000Z'],
    });
    expect(buildSteps('2026-11-18T13:00:00Z', '2026-11-30', 2)).toEqual({
      step: '1w',
      starts: ['2026-11-18T13:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    });
  });

  it('begins days at midnight in the time zone, also if a day has 23 or 25 hours', () => {
    expect(buildSteps('2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z', 3, 'Europe/Rome')?.starts).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(buildSteps('2026-10-23T22:00:00Z', '2026-10-26T23:00:00Z', 3, 'Europe/Rome')?.starts).toEqual([
      '2026-10-23T22:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    expect(buildSteps('2026-11-19T18:30:00Z', '2026-11-21T18:30:00Z', 2, 'Asia/Kolkata')?.starts).toEqual([
      '2026-11-19T18:30:00.000Z',
      '2026-11-20T18:30:00.000Z',
    ]);
  });

  it('is undefined if even years are too many', () => {
    expect(buildSteps('1970-01-01', '2100-01-01', 10)).toBeUndefined();
  });
});
