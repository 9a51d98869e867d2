import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findWindow, type Window, addKept, EMPTY_GROUP, type GroupState, type Kept } from './group-state.js';
import { runs } from '../../../../test/support/whole.js';

/** A naive reference, which tries all sets of matches in all time spans. */
function isThere(kept: readonly Kept[], one: Kept, { type, least, timespanMs }: Window): boolean {
  return kept.some(({ at: start }) => {
    const within = kept.filter(({ at }) => at >= start && at - start <= timespanMs);
    if (!within.includes(one)) return false;
    if (type === 'event_count') return within.length >= least;
    if (type === 'value_count') return new Set(within.map(({ value }) => value)).size >= least;
    if (type === 'temporal') return new Set(within.map(({ of }) => of)).size >= least;
    return chains(within, least).some((chain) => chain.includes(one));
  });
}

function chains(within: readonly Kept[], length: number): readonly (readonly Kept[])[] {
  const grow = (chain: readonly Kept[]): readonly (readonly Kept[])[] => {
    if (chain.length === length) return [chain];
    const last = chain.at(-1);
    const from = last ? within.indexOf(last) + 1 : 0;
    return within.slice(from).flatMap((next) => (next.of === chain.length ? grow([...chain, next]) : []));
  };
  return grow([]);
}

const byTime = (one: Kept, other: Kept): number => one.at - other.at || one.place - other.place || one.of - other.of;

describe('a window', () => {
  it.each(['event_count', 'value_count', 'temporal', 'temporal_ordered'] as const)(
    'of %s is found exactly if brute force finds one, in any order of events',
    (type) => {
      const event = fc.record({
        at: fc.integer({ min: 0, max: 30 }),
        value: fc.constantFrom('a', 'b', 'c', 'd'),
        of: fc.nat(2),
      });
      fc.assert(
        fc.property(fc.array(event, { maxLength: 12 }), fc.integer({ min: 1, max: 15 }), (events, timespanMs) => {
          const window: Window = { type, least: 3, timespanMs };
          const seen: Kept[] = [];
          events.forEach((each, place) => {
            const one: Kept = { ...each, place, id: String(place) };
            seen.push(one);
            const inOrder = seen.toSorted(byTime);
            const found = findWindow(inOrder, inOrder.indexOf(one), window);
            expect(found !== undefined).toBe(isThere(inOrder, one, window));
            expect(found?.includes(one) ?? true).toBe(true);
          });
        }),
        { numRuns: runs(300) },
      );
    },
  );

  it.each(['event_count', 'value_count', 'temporal', 'temporal_ordered'] as const)(
    'of %s is found with the kept matches, if events come in order of time',
    (type) => {
      const event = fc.record({
        wait: fc.integer({ min: 0, max: 9 }),
        value: fc.constantFrom('a', 'b', 'c', 'd'),
        of: fc.nat(2),
      });
      fc.assert(
        fc.property(fc.array(event, { maxLength: 120 }), (events) => {
          const window: Window = { type, least: 3, timespanMs: 12 };
          const rule = { kind: 'correlation', type, least: 3, timespanMs: 12 } as unknown as Parameters<
            typeof addKept
          >[2];
          const seen: Kept[] = [];
          let state: GroupState = EMPTY_GROUP;
          let at = 0;
          events.forEach(({ wait, value, of }, place) => {
            at += wait;
            const one: Kept = { at, place, id: String(place), of, value };
            seen.push(one);
            const added = addKept(state, one, rule);
            ({ state } = added);
            expect(added.found !== undefined).toBe(findWindow(seen, seen.length - 1, window) !== undefined);
          });
          expect(state.kept.length).toBeLessThanOrEqual(64);
        }),
        { numRuns: runs(200) },
      );
    },
  );
});
