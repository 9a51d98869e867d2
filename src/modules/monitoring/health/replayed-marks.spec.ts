import { describe, expect, it } from '@jest/globals';
import { ReplayedMarks } from './replica-freshness.service.js';

describe('the moment up to which a replica replayed', () => {
  it('is the newest of those that it has all of', () => {
    const marks = new ReplayedMarks();
    marks.add(1_000, 50n);
    marks.add(2_000, 80n);
    marks.add(3_000, 90n);
    marks.replayed(85n);
    expect(marks.replayedAtMs).toBe(2_000);
  });

  it('never goes back, also behind an address that leads to another server now', () => {
    const marks = new ReplayedMarks();
    marks.add(1_000, 50n);
    marks.add(2_000, 80n);
    marks.replayed(80n);
    marks.replayed(10n);
    expect(marks.replayedAtMs).toBe(2_000);
  });
});
