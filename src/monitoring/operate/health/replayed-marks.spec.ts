import { describe, expect, it } from '@jest/globals';
import { ReplayedMarks } from './replica-freshness.service.js';

describe('the moment up to which a replica replayed', () => {
  it('is the newest moment whose changes are all replayed', () => {
    const marks = new ReplayedMarks();
    marks.add(1_000, 50n);
    marks.add(2_000, 80n);
    marks.add(3_000, 90n);
    marks.replayed(85n);
    expect(marks.replayedAtMs).toBe(2_000);
  });

  it('never decreases, even if the address now leads to another server', () => {
    const marks = new ReplayedMarks();
    marks.add(1_000, 50n);
    marks.add(2_000, 80n);
    marks.replayed(80n);
    marks.replayed(10n);
    expect(marks.replayedAtMs).toBe(2_000);
  });
});
