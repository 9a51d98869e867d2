import { mock } from 'node:test';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Progress } from './progress.js';

const WIPE = '\r\u001b[K';

describe('a command that takes long', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setInterval', 'setTimeout'] }));
  afterEach(() => mock.timers.reset());

  interface Given {
    readonly isTTY?: boolean;
    readonly isJson?: boolean;
    readonly seconds: number;
    readonly first?: (progress: Progress) => void;
  }

  /** What is written when it ticks once a second for some seconds. */
  function wait({ isTTY = true, isJson = false, seconds, first }: Given): readonly string[] {
    const written: string[] = [];
    let now = 0;
    const progress = new Progress('migrate', { isTTY, write: (text) => written.push(text) }, isJson, () => now);
    progress.begin();
    first?.(progress);
    for (let tick = 0; tick < seconds; tick++) {
      now += 1_000;
      mock.timers.tick(1_000);
    }
    progress.end();
    return written;
  }

  it('tells for how long it is at work, from two seconds on, and cleans up', () => {
    expect(wait({ seconds: 3 })).toEqual([
      `${WIPE}migrate is at work for 2 s`,
      `${WIPE}migrate is at work for 3 s`,
      WIPE,
    ]);
  });

  it('tells how many of its parts are done', () => {
    const first = (progress: Progress): void => progress.showParts(3, 12, 'migrations');
    expect(wait({ seconds: 2, first })).toEqual([`${WIPE}migrate is at work for 2 s: 3 of 12 migrations`, WIPE]);
  });

  it('writes a sentence on a line of its own', () => {
    expect(wait({ seconds: 0, first: (progress) => progress.say('It waits.') })).toEqual([`${WIPE}It waits.\n`]);
    expect(wait({ isTTY: false, seconds: 0, first: (progress) => progress.say('It waits.') })).toEqual(['It waits.\n']);
  });

  const shown = (progress: Progress): void => progress.show(1, 9);
  const everything = (progress: Progress): void => {
    progress.showParts(1, 2, 'months');
    progress.show(1, 9);
  };

  it.each<[string, Given]>([
    ['is quick', { seconds: 1 }],
    ['writes to a file', { isTTY: false, seconds: 5, first: everything }],
    ['shows its own progress', { seconds: 5, first: shown }],
    ['prints JSON', { isJson: true, seconds: 5, first: everything }],
    ['prints JSON, and has something to say', { isJson: true, seconds: 5, first: (each) => each.say('It waits.') }],
  ])('tells nothing if it %s', (_what, given) => {
    expect(wait(given)).toEqual([]);
  });

  it('shows it elsewhere, too, where that is asked for', () => {
    const written: string[] = [];
    let now = 0;
    const progress = new Progress('verify', { isTTY: false, write: (text) => written.push(text) }, true, () => now);
    progress.begin();
    progress.insist();
    progress.show(0, 900);
    now = 10_000;
    progress.show(300, 900);
    progress.end();
    expect(written).toEqual(['300 of 900 events, 30 a second, 20 s left\n']);
  });
});
