import { describe, expect, it } from '@jest/globals';
import { ProgressLine } from './progress-line.js';

function screenOf(isTTY: boolean): { isTTY: boolean; seen: string[]; write: (text: string) => void } {
  const seen: string[] = [];
  return { isTTY, seen, write: (text) => void seen.push(text) };
}

describe('the progress of a long command', () => {
  it('is a bar on a terminal, drawn over itself and wiped at the end', () => {
    let now = 0;
    const screen = screenOf(true);
    const progress = new ProgressLine(screen, () => now);
    progress.show(10, 1_000);
    now = 1_000;
    progress.show(500, 1_000);
    progress.end();
    expect(screen.seen).toEqual([
      `\r\u001b[K[${'#'.repeat(15)}${' '.repeat(15)}] 500 of 1000 events, 500 a second, 1 s left`,
      '\r\u001b[K',
    ]);
  });

  it('is a line every ten seconds elsewhere', () => {
    let now = 0;
    const screen = screenOf(false);
    const progress = new ProgressLine(screen, () => now);
    for (const at of [1_000, 9_999, 10_000, 10_001, 20_000]) {
      now = at;
      progress.show(at / 10, 100_000);
    }
    progress.end();
    expect(screen.seen).toEqual([
      '1000 of 100000 events, 100 a second, 16 min 30 s left\n',
      '2000 of 100000 events, 100 a second, 16 min 20 s left\n',
    ]);
  });

  it('counts only what this run did', () => {
    let now = 0;
    const screen = screenOf(false);
    const progress = new ProgressLine(screen, () => now);
    now = 10_000;
    progress.show(600, 1_000, 500);
    expect(screen.seen).toEqual(['600 of 1000 events, 10 a second, 40 s left\n']);
  });
});
