import { describe, expect, it } from '@jest/globals';
import { Refusals } from './spill-replay.js';

describe('an event that is refused again and again', () => {
  it('is a dead letter after five times, each after the provider stored something', () => {
    const refusals = new Refusals(() => 0);
    const verdicts = [0, 1, 2, 2, 2, 7, 8].map((recorded) => refusals.note('a', recorded));

    expect(verdicts).toEqual([false, false, false, false, false, false, true]);
    expect([refusals.has('a'), refusals.has('b')]).toEqual([true, false]);
  });

  it('by a provider that is down is none, however often, for some minutes', () => {
    let seconds = 0;
    const refusals = new Refusals(() => seconds * 1_000);
    while (!refusals.note('a', 3)) seconds++;

    expect(seconds).toBe(240);
  });
});
