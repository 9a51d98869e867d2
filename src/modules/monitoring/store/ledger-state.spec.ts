import { describe, expect, it } from '@jest/globals';
import { countMonthsReady } from './ledger-state.js';

const NAMES = ['audit_event_2026_10', 'audit_event_2026_12', 'audit_event_2027_01', 'audit_event_2027_03'];

describe('the months that are ready', () => {
  it.each([
    ['2026-12-31T23:59:59.999Z', 2],
    ['2027-01-01T00:00:00.000Z', 1],
    ['2026-10-15T00:00:00.000Z', 1],
    ['2026-11-15T00:00:00.000Z', 0],
  ])('in a row, at %s, are %i', (now, ready) => {
    expect(countMonthsReady(NAMES, new Date(now))).toBe(ready);
  });

  it('are none without partitions', () => {
    expect(countMonthsReady([], new Date())).toBe(0);
  });
});
