import { describe, expect, it } from '@jest/globals';
import { ReplayedPositions } from './replica-freshness.service.js';

describe('the moment up to which a replica replayed', () => {
  it('is the newest moment whose changes are all replayed', () => {
    const positions = new ReplayedPositions();
    positions.add(1_000, 50n);
    positions.add(2_000, 80n);
    positions.add(3_000, 90n);
    positions.replayed(85n);
    expect(positions.replayedAtMs).toBe(2_000);
  });

  it('never decreases, even if the address now leads to another server', () => {
    const positions = new ReplayedPositions();
    positions.add(1_000, 50n);
    positions.add(2_000, 80n);
    positions.replayed(80n);
    positions.replayed(10n);
    expect(positions.replayedAtMs).toBe(2_000);
  });
});
