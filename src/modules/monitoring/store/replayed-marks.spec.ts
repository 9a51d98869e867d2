import { describe, expect, it } from '@jest/globals';
import { ReplayedMarks } from './replayed-marks.js';

describe('the moment up to which a replica replayed', () => {
  it('is not known before anything was replayed', () => {
    const marks = new ReplayedMarks();
    marks.add(1_000, 50n);
    marks.replayed(49n);
    expect(marks.replayedAtMs).toBeUndefined();
  });

  it('is the newest of those that it has all of', () => {
    const marks = new ReplayedMarks();
    marks.add(1_000, 50n);
    marks.add(2_000, 80n);
    marks.add(3_000, 90n);
    marks.replayed(85n);
    expect(marks.replayedAtMs).toBe(2_000);
  });

  it('advances while the primary writes nothing', () => {
    const marks = new ReplayedMarks();
    for (const atMs of [1_000, 2_000, 3_000]) {
      marks.add(atMs, 50n);
      marks.replayed(50n);
      expect(marks.replayedAtMs).toBe(atMs);
    }
  });

  it('never goes back, also behind an address that leads to another server now', () => {
    const marks = new ReplayedMarks();
    marks.add(1_000, 50n);
    marks.add(2_000, 80n);
    marks.replayed(80n);
    marks.replayed(10n);
    expect(marks.replayedAtMs).toBe(2_000);
  });

  it('is found again after a replica was away for days', () => {
    const marks = new ReplayedMarks();
    for (let second = 1; second <= 100_000; second++) marks.add(second, BigInt(second));
    marks.replayed(99_999n);
    expect(marks.replayedAtMs).toBeGreaterThan(99_000);
    expect(marks.replayedAtMs).toBeLessThanOrEqual(99_999);
  });
});
