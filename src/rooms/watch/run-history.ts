import { randomBytes } from 'node:crypto';
import { Correlator, type Group, type GroupStates, type RaisedAlert } from './correlate/correlator.js';
import { lifetimeOf, type GroupState } from './correlate/group-state.js';
import { MOST_PLACES, type RuleEvaluator, type PlaceRange } from './evaluate-rules.js';
import type { LinkedRule } from './rules/link-rules.js';

export interface HistoryRun extends PlaceRange {
  readonly rules: readonly LinkedRule[];
  readonly reader: RuleEvaluator;
  /** The time until which an event can still follow a match, in milliseconds since 1970. */
  readonly until: number;
  /** Called with each alert that the rules would have raised. */
  readonly onAlert: (alert: RaisedAlert) => void;
}

/** Runs rules over sealed events as the application does, but changes nothing. Rejects with the error of the PostgreSQL client. */
export async function runHistory({ reader, rules, first, last, until, onAlert }: HistoryRun) {
  const correlator = new Correlator(rules, randomBytes(16));
  const groups = new RememberedGroups(rules);
  const takeDue = async (now: number): Promise<void> => {
    for (const due of groups.waiting().flatMap((group) => correlator.takeDue(group, now, groups))) {
      onAlert(await reader.withValues(due));
    }
  };
  let newest = 0;
  for (let place = first; place <= last; place += MOST_PLACES) {
    const range = { first: place, last: Math.min(place + MOST_PLACES - 1, last) };
    const matches = await reader.read(range);
    for (const match of matches) {
      newest = Math.max(newest, match.at);
      groups.now = newest;
      for (const alert of correlator.take(match, groups)) onAlert(alert);
    }
    await takeDue(newest);
    groups.deleteExpired();
  }
  await takeDue(until);
}

/** A state expires by the times of the events, and not by the clock. */
class RememberedGroups implements GroupStates {
  private readonly states = new Map<string, { group: Group; state: GroupState; at: number }>();
  private readonly lifetimes: ReadonlyMap<string, number>;
  now = 0;

  constructor(rules: readonly LinkedRule[]) {
    this.lifetimes = new Map(rules.map(({ rule }) => [rule.name, lifetimeOf(rule)]));
  }

  get({ key }: Group): GroupState | undefined {
    return this.states.get(key)?.state;
  }

  set(group: Group, state: GroupState): void {
    this.states.set(group.key, { group, state, at: this.now });
  }

  /** Returns the groups with matches that wait for a following event. */
  waiting(): readonly Group[] {
    return [...this.states.values()].flatMap(({ group, state }) => (state.pending?.length ? [group] : []));
  }

  deleteExpired(): void {
    for (const [key, { group, at }] of this.states) {
      if (at + (this.lifetimes.get(group.rule) ?? 0) < this.now) this.states.delete(key);
    }
  }
}
