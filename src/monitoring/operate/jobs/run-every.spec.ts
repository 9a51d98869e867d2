import { mock } from 'node:test';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withTiming } from '../../../../test/support/with-timing.js';
import { runEvery } from './run-every.js';

const HOUR_MS = 3_600_000;
const LOOK_MS = 10_000;

withTiming({ clockMs: LOOK_MS });

let now: number;
let runs: string[];
let timer: NodeJS.Timeout;

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  now = Date.parse('2026-11-20T08:59:50.500Z');
  runs = [];
  timer = runEvery(
    HOUR_MS,
    () => {
      runs.push(new Date(now).toISOString().slice(11, 16));
      return Promise.resolve();
    },
    () => now,
  );
});
afterEach(() => {
  clearInterval(timer);
  mock.timers.reset();
});

function pass(ms: number): void {
  for (const end = now + ms; now < end;) {
    now += LOOK_MS;
    mock.timers.tick(LOOK_MS);
  }
}

describe('a job of each hour', () => {
  it('runs at the beginning of each hour, once, and not at the boot', () => {
    expect(runs).toEqual([]);
    pass(3 * HOUR_MS);
    expect(runs).toEqual(['09:00', '10:00', '11:00']);
  });

  it('runs once after the machine slept for hours', () => {
    now += 5 * HOUR_MS;
    pass(HOUR_MS);
    expect(runs).toEqual(['14:00']);
  });
});
