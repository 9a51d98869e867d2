import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { linkRules } from '../rules/link-rules.js';
import { parseRules } from '../rules/parse-rules.js';
import { Correlator, type Group } from './correlator.js';
import { findWindow, type Window } from './find-window.js';
import { addKept, EMPTY_GROUP, type GroupState } from './group-state.js';
import type { Kept, Match } from './match.js';
import { runs } from '../../../../test/support/whole.js';

const MINUTE_MS = 60_000;

/** By trying every set of matches within every span. */
function isThere(kept: readonly Kept[], one: Kept, { type, least, spanMs }: Window): boolean {
  return kept.some(({ at: start }) => {
    const within = kept.filter(({ at }) => at >= start && at - start <= spanMs);
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
    'of %s is found exactly where trying everything finds one, in whatever order the events come',
    (type) => {
      const event = fc.record({
        at: fc.integer({ min: 0, max: 30 }),
        value: fc.constantFrom('a', 'b', 'c', 'd'),
        of: fc.nat(2),
      });
      fc.assert(
        fc.property(fc.array(event, { maxLength: 12 }), fc.integer({ min: 1, max: 15 }), (events, spanMs) => {
          const window: Window = { type, least: 3, spanMs };
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
    'of %s is found as well with what is remembered of events in the order of time',
    (type) => {
      const event = fc.record({
        wait: fc.integer({ min: 0, max: 9 }),
        value: fc.constantFrom('a', 'b', 'c', 'd'),
        of: fc.nat(2),
      });
      fc.assert(
        fc.property(fc.array(event, { maxLength: 120 }), (events) => {
          const window: Window = { type, least: 3, spanMs: 12 };
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

const RULES = `title: Failed
name: failed
detection: { a: { type: user_login_failed }, condition: a }
---
title: Succeeded
name: succeeded
detection: { a: { type: user_login_success }, condition: a }
---
title: Brute force
name: brute
correlation: { type: event_count, rules: [failed], group-by: [actorId], timespan: 5m, condition: { gte: 3 } }
x-ledger: { alert: true, repeat-after: 1h }
---
title: Success after it
name: after
correlation: { type: temporal_ordered, rules: [brute, succeeded], group-by: [actorId], timespan: 1h }
---
title: On
name: on
detection: { a: { type: mfa_enabled }, condition: a }
---
title: Off and not on
name: off
detection: { a: { type: mfa_disabled }, condition: a }
x-ledger: { group-by: [actorId], unless: { rule: on, within: 1h } }
`;

/** Takes events of the rules, in the order of their places, and returns the alerts as `rule actor`. */
class Play {
  private readonly states = new Map<string, GroupState>();
  private readonly correlator: Correlator;
  private place = 0;
  readonly alerts: string[] = [];

  constructor() {
    const { rules, problems } = linkRules(parseRules([{ name: 'a.yml', text: RULES }]).rules);
    expect(problems).toEqual([]);
    this.correlator = new Correlator(rules, (text) => text);
  }

  take(rule: string, minute: number, actorId: string | null = 'ada', tenantId: string | null = null): this {
    const at = minute * MINUTE_MS;
    const place = this.place++;
    const id = `e${place}`;
    const match: Match = { rule, place, id, at, from: at, ids: [id], count: 1, tenantId, values: { actorId } };
    const known = new Set(this.correlator.groupsOf(match).map(nameOf));
    const states = {
      get: (group: Group) => {
        expect(known).toContain(nameOf(group)); // or it would not have been loaded
        return this.states.get(nameOf(group));
      },
      set: (group: Group, state: GroupState) =>
        void this.states.set(nameOf(group), JSON.parse(JSON.stringify(state)) as GroupState),
    };
    for (const alert of this.correlator.take(match, states)) this.tell(alert.rule.rule.name, alert.match);
    return this;
  }

  /** Time passes. */
  until(minute: number): this {
    const states = {
      get: (group: Group) => this.states.get(nameOf(group)),
      set: (group: Group, state: GroupState) => void this.states.set(nameOf(group), state),
    };
    for (const name of this.states.keys()) {
      const [rule = '', key = ''] = name.split('\n');
      for (const alert of this.correlator.takeDue({ rule, key }, minute * MINUTE_MS, states)) {
        this.tell(alert.rule.rule.name, alert.match);
      }
    }
    return this;
  }

  private tell(rule: string, { ids }: Match): void {
    this.alerts.push(`${rule} ${ids.join('+')}`);
  }
}

function nameOf({ rule, key }: Group): string {
  return `${rule}\n${key}`;
}

describe('an alert', () => {
  it('is raised again for an attack that pauses for longer than the timespan, and for one that lasts longer than repeat-after', () => {
    const play = new Play();
    for (const minute of [0, 1, 2, 20, 21, 22]) play.take('failed', minute);
    expect(play.alerts).toEqual(['brute e0+e1+e2', 'brute e3+e4+e5']);
    const long = new Play();
    for (let minute = 0; minute <= 70; minute += 1) long.take('failed', minute);
    expect(long.alerts).toHaveLength(2);
  });

  it('of what did not follow is raised when the time is over, once, and not where it followed', () => {
    const play = new Play().take('off', 0).take('off', 0, 'bea').take('on', 30, 'bea').until(59);
    expect(play.alerts).toEqual([]);
    play.until(61).until(200);
    expect(play.alerts).toEqual(['off e0']);
  });

  it('of what did not follow is not raised where that was sealed before, though it happened after', () => {
    expect(new Play().take('on', 30).take('off', 0).until(200).alerts).toEqual([]);
    expect(new Play().take('on', 61).take('off', 0).until(200).alerts).toEqual(['off e1']);
    expect(new Play().take('on', 0).take('off', 10).until(200).alerts).toEqual(['off e1']);
  });
});
