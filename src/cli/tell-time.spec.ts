import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { tellTime } from './tell-time.js';

describe('a command that takes long', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** What is written when it ticks once a second for some seconds. */
  function wait(isTTY: boolean, command: string, seconds: number): readonly string[] {
    const written: string[] = [];
    let now = 0;
    const stop = tellTime(command, { isTTY, write: (text) => written.push(text) }, () => now);
    for (let tick = 0; tick < seconds; tick++) {
      now += 1_000;
      jest.advanceTimersByTime(1_000);
    }
    stop();
    return written;
  }

  it('tells for how long it is at work, from two seconds on, and cleans up', () => {
    const clear = '\r\u001b[K';
    expect(wait(true, 'migrate', 3)).toEqual([
      `${clear}migrate is at work for 2 s`,
      `${clear}migrate is at work for 3 s`,
      clear,
    ]);
  });

  it.each([
    ['is quick', true, 'migrate', 1],
    ['writes to a file', false, 'migrate', 5],
    ['shows its own progress', true, 'verify', 5],
  ])('tells nothing if it %s', (_what, isTTY, command, seconds) => {
    expect(wait(isTTY, command, seconds)).toEqual([]);
  });
});
