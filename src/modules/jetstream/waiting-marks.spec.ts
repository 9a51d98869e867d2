import { describe, expect, it } from '@jest/globals';
import { WaitingMarks } from './waiting-marks.js';

describe('the time that the oldest envelope waits', () => {
  it('counts from its place on, until it is stored', () => {
    const marks = new WaitingMarks();
    marks.add(1, 0);
    marks.add(2, 500); // of the same second
    marks.add(3, 1_000);
    expect(marks.waitingSeconds(0, 5_000)).toBe(5);
    expect(marks.waitingSeconds(1, 5_000)).toBe(4);
    expect(marks.waitingSeconds(3, 5_000)).toBe(0);
  });

  it('is that of the oldest one, however many wait', () => {
    const marks = new WaitingMarks();
    for (let second = 0; second < 5_000; second++) marks.add(second + 1, second * 1_000);
    expect(marks.waitingSeconds(0, 5_000_000)).toBe(5_000);
  });
});
