import { describe, expect, it } from '@jest/globals';
import { assessHealth, type ProviderHealth } from './delivery-status.js';
import type { SpillStatus } from './spill/spill-folder.js';

const SOUND: ProviderHealth = {
  required: false,
  state: 'idle',
  accepted: 9,
  waiting: 0,
  inFlight: 0,
  recorded: 9,
  spilled: 0,
  replayed: 0,
  deadLettered: 0,
  failed: 0,
  lost: undefined,
  losing: false,
  spillPending: false,
  deadLetters: 0,
};
const SPILL: SpillStatus = {
  bytes: 0,
  maxBytes: 1_000,
  full: false,
  waitingFiles: {},
  deadLetters: {},
  corruptLines: 0,
};
const FULL: SpillStatus = { ...SPILL, bytes: 990, full: true };
const AWAY: Partial<ProviderHealth> = { state: 'suspended', lastProblem: 'connect ECONNREFUSED' };
const REQUIRED = { ...SOUND, required: true };

describe('the audit is degraded', () => {
  it.each<[string, Partial<ProviderHealth>, Partial<SpillStatus>, RegExp]>([
    ['a provider is suspended', AWAY, {}, /"ledger": connect ECONNREFUSED\. Repair the provider/],
    ['a provider says that something is wrong', { error: 'Cannot seal. Look.' }, {}, /"ledger" failed: Cannot seal/],
    [
      'events were lost',
      { lost: { events: 3, firstAt: '2026-01-01T00:00:00.000Z', lastAt: '2026-01-02T00:00:00.000Z' } },
      {},
      /^3 events for the audit provider "ledger" were lost between 2026-01-01.* and 2026-01-02.*logged to stderr/,
    ],
    ['the spill is full', {}, { full: true, bytes: 990 }, /^The spill is full \(990 of 1000 bytes\)\. Raise/],
  ])('when %s, and says what to do', (_what, health, spill, reason) => {
    const checked = assessHealth({ ledger: { ...REQUIRED, ...health }, other: SOUND }, { ...SPILL, ...spill });

    expect(checked).toEqual({ state: 'degraded', reasons: [expect.stringMatching(reason)] });
    expect(checked.reasons[0]).toMatch(/\.$/);
  });

  it('when a provider that is not required loses events, and another one stores them', () => {
    const other = { ...SOUND, ...AWAY, losing: true, failed: 1 };

    expect(assessHealth({ ledger: REQUIRED, other }, FULL).state).toBe('degraded');
    expect(assessHealth({ memory: SOUND, other }, FULL).state).toBe('degraded');
  });
});

describe('the audit is down', () => {
  it('when a required provider takes nothing and an event was lost just now', () => {
    const checked = assessHealth({ ledger: { ...REQUIRED, lastProblem: 'no', losing: true }, other: SOUND }, undefined);

    expect(checked.state).toBe('down');
    expect(checked.reasons[0]).toMatch(/being lost: it stores none \(no\)/);
  });

  it('when none is required, and all lose events', () => {
    const lost = { ...SOUND, ...AWAY };

    expect(assessHealth({ one: lost, two: lost }, undefined).state).toBe('down');
    expect(assessHealth({ one: lost, two: SOUND }, undefined).state).toBe('degraded');
  });
});
