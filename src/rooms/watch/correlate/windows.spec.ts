import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findWindow, GroupWindow, type Counted, type Window } from './windows.js';
import { runs } from '../../../../test/support/whole.js';

/** A naive reference, which tries all sets of matches in all time spans. */
function isThere(counted: readonly Counted[], one: Counted, { type, least, timespanMs }: Window): boolean {
  return counted.some(({ at: start }) => {
    const within = counted.filter(({ at }) => at >= start && at - start <= timespanMs);
    if (!within.includes(one)) return false;
    if (type === 'event_count') return within.length >= least;
    if (type === 'value_count') return new Set(within.map(({ value }) => value)).size >= least;
    if (type === 'temporal') return new Set(within.map(({ of }) => of)).size >= least;
    const others = within.filter(({ of }) => of !== one.of);
    return others.some((other) => (one.of === 0 ? isBefore(one, other) : isBefore(other, one)));
  });
}

const byTime = (one: Counted, other: Counted): number => one.at - other.at || one.place - other.place;
const isBefore = (one: Counted, other: Counted): boolean => byTime(one, other) < 0;

it.each([
  ['event_count', 3],
  ['value_count', 3],
  ['temporal', 2],
  ['temporal_ordered', 2],
] as const)(
  'a window of %s is found exactly if brute force finds one: in any order of events, and with what a group keeps in order of time',
  (type, least) => {
    const event = fc.record({
      at: fc.integer({ min: 0, max: 30 }),
      value: fc.constantFrom('a', 'b', 'c', 'd'),
      of: fc.nat(1),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.integer({ min: 1, max: 15 }), (events, timespanMs) => {
        const window: Window = { type, least, timespanMs };
        const all = events.map((each, place): Counted => ({ ...each, place, id: String(place) }));
        for (const one of all) {
          const seen = all.slice(0, one.place + 1).toSorted(byTime);
          const found = findWindow(seen, seen.indexOf(one), window);
          expect(found !== undefined).toBe(isThere(seen, one, window));
          expect(found?.includes(one) ?? true).toBe(true);
        }
        const group = new GroupWindow(window);
        for (const [index, one] of all.toSorted(byTime).entries()) {
          const seen = all.toSorted(byTime).slice(0, index + 1);
          expect(group.add(one) !== undefined).toBe(findWindow(seen, index, window) !== undefined);
        }
      }),
      { numRuns: runs(300) },
    );
  },
);
