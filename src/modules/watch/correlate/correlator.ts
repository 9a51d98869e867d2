import { fieldIn, type CorrelationRule, type EventRule } from '../rules/rule.js';
import type { LinkedRule } from '../rules/link-rules.js';
import {
  addKept,
  awaitFollowing,
  EMPTY_GROUP,
  endSilence,
  follow,
  openEpisode,
  takeDue,
  type GroupState,
} from './group-state.js';
import { MOST_IDS, type Kept, type Match } from './match.js';

/** A group of a rule: its matches count together. */
export interface Group {
  readonly rule: string;
  /** A keyed digest of the rule and the values that its matches share; it is unique to the group. */
  readonly key: string;
}

/** An alert to raise. */
export interface RaisedAlert {
  readonly rule: LinkedRule;
  readonly match: Match;
  readonly group: Group;
  /** Whether it continues an alert that a suppression withheld, to be raised when the suppression is over. */
  readonly isContinued: boolean;
}

/** The states of groups, including those that {@link Correlator.groupsOf} names. */
export interface GroupStates {
  get(group: Group): GroupState | undefined;
  set(group: Group, state: GroupState): void;
}

type AwaitingRule = LinkedRule & { readonly rule: EventRule };

/**
 * Correlates matches, one by one in the order of their places. The result depends only on that order and on the states, not on batches or
 * the clock.
 */
export class Correlator {
  private readonly byName: ReadonlyMap<string, LinkedRule>;
  /** The rules that wait for a match of another rule, by the name of that rule. */
  private readonly awaiting: ReadonlyMap<string, readonly AwaitingRule[]>;

  /** @param digest a keyed digest of a text: it distinguishes groups without revealing values */
  constructor(
    private readonly rules: readonly LinkedRule[],
    private readonly digest: (text: string) => string,
  ) {
    this.byName = new Map(rules.map((linked) => [linked.rule.name, linked]));
    const awaiting = new Map<string, AwaitingRule[]>();
    for (const linked of rules) {
      const { rule } = linked;
      if (rule.kind !== 'event' || !rule.unless) continue;
      const { rule: awaited } = rule.unless;
      awaiting.set(awaited, [...(awaiting.get(awaited) ?? []), { ...linked, rule }]);
    }
    this.awaiting = awaiting;
  }

  /** The groups whose states {@link take} may need for a match of an event. */
  groupsOf(match: Match): readonly Group[] {
    const linked = this.byName.get(match.rule);
    if (!linked) return [];
    const own = this.groupOf(linked, match);
    const awaited = (this.awaiting.get(match.rule) ?? []).flatMap((waiting) => this.groupOf(waiting, match) ?? []);
    const served = linked.servedRules.flatMap((correlation) => this.groupsOf(passedOn(match, correlation)));
    return [...(own ? [own] : []), ...awaited, ...served];
  }

  /** Processes a match, and returns the alerts that it raises. */
  take(match: Match, states: GroupStates): readonly RaisedAlert[] {
    const linked = this.byName.get(match.rule);
    if (!linked) return [];
    for (const waiting of this.awaiting.get(match.rule) ?? [])
      this.change(waiting, match, states, (state) => follow(state, match, waiting.rule));
    const { rule } = linked;
    if (rule.kind === 'event' && rule.unless) {
      this.change(linked, match, states, (state) => awaitFollowing(state, match, rule));
      return [];
    }
    if (rule.kind === 'event' && rule.afterSilenceMs !== undefined) {
      if (!this.endsSilence(linked, match, states, rule.afterSilenceMs)) return [];
    }
    return this.found(linked, match, states);
  }

  /** The alerts of a group of a rule with `unless`, for matches that were not followed in time. They have no values of fields. */
  takeDue(group: Group, now: number, states: GroupStates): readonly RaisedAlert[] {
    const linked = this.byName.get(group.rule);
    if (!linked) return [];
    const taken = takeDue(states.get(group) ?? EMPTY_GROUP, now);
    let { state } = taken;
    const raised: RaisedAlert[] = [];
    for (const { match } of taken.due) {
      const { opened, ...next } = openEpisode(state, match, linked.rule);
      ({ state } = next);
      if (opened === 'known') continue;
      raised.push({ rule: linked, match: { ...match, values: {} }, group, isContinued: opened === 'withheld' });
    }
    states.set(group, state);
    return raised;
  }

  private found(linked: LinkedRule, match: Match, states: GroupStates): readonly RaisedAlert[] {
    const raised = linked.alerts ? this.raised(linked, match, states) : [];
    return [...raised, ...linked.servedRules.flatMap((correlation) => this.count(correlation, match, states))];
  }

  private endsSilence(linked: LinkedRule, match: Match, states: GroupStates, silenceMs: number): boolean {
    const group = this.groupOf(linked, match);
    if (!group) return false;
    const { state, isEnd } = endSilence(states.get(group) ?? EMPTY_GROUP, match, silenceMs);
    states.set(group, state);
    return isEnd;
  }

  private raised(linked: LinkedRule, match: Match, states: GroupStates): readonly RaisedAlert[] {
    const group = this.groupOf(linked, match);
    if (!group) return [];
    const { state, opened } = openEpisode(states.get(group) ?? EMPTY_GROUP, match, linked.rule);
    states.set(group, state);
    return opened === 'known' ? [] : [{ rule: linked, match, group, isContinued: opened === 'withheld' }];
  }

  private count(correlation: CorrelationRule, match: Match, states: GroupStates): readonly RaisedAlert[] {
    const linked = this.byName.get(correlation.name);
    const passed = passedOn(match, correlation);
    const group = linked && this.groupOf(linked, passed);
    if (!group) return [];
    const value = this.valueOf(correlation, match);
    if (correlation.field !== undefined && value === undefined) return [];
    const one: Kept = {
      ...{ at: match.at, place: match.place, id: match.id, of: correlation.rules.indexOf(match.rule) },
      ...(value !== undefined && { value }),
    };
    const { state, found } = addKept(states.get(group) ?? EMPTY_GROUP, one, correlation);
    states.set(group, state);
    return found ? this.found(linked, matchOf(passed, found), states) : [];
  }

  private change(
    linked: LinkedRule,
    match: Match,
    states: GroupStates,
    change: (state: GroupState) => GroupState,
  ): void {
    const group = this.groupOf(linked, match);
    if (group) states.set(group, change(states.get(group) ?? EMPTY_GROUP));
  }

  private valueOf({ field, ...correlation }: CorrelationRule, match: Match): string | undefined {
    if (field === undefined) return undefined;
    const value = match.values[fieldIn(correlation, field, match.rule)];
    return typeof value === 'string' ? this.digest(value) : undefined;
  }

  /** `undefined` where a match lacks a field that the rule is grouped by: it has nothing in common with another. */
  private groupOf({ rule }: LinkedRule, { values, tenantId }: Match): Group | undefined {
    const common: string[] = [];
    for (const field of rule.groupBy) {
      const value = values[field];
      if (typeof value !== 'string') return undefined;
      common.push(value);
    }
    const tenant = rule.acrossTenants ? [] : [tenantId];
    return { rule: rule.name, key: this.digest(JSON.stringify([rule.name, tenant, common])) };
  }
}

/** A match with the correlation's own names of the fields. */
function passedOn(match: Match, correlation: CorrelationRule): Match {
  const values = correlation.groupBy.map((field): [string, string | null] => [
    field,
    match.values[fieldIn(correlation, field, match.rule)] ?? null,
  ]);
  return { ...match, rule: correlation.name, values: Object.fromEntries(values) };
}

/** The match that a complete window forms. */
function matchOf(passed: Match, found: readonly Kept[]): Match {
  const times = found.map(({ at }) => at);
  return {
    ...passed,
    at: Math.max(...times),
    from: Math.min(...times),
    ids: [...new Set(found.map(({ id }) => id))].slice(-MOST_IDS),
    count: found.length,
  };
}
