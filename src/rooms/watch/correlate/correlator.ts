import { createHmac, createSecretKey } from 'node:crypto';
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
  MOST_IDS,
  type Kept,
  type Match,
} from './group-state.js';

/** A group of a rule. The rule counts the matches of a group together. */
export interface Group {
  readonly rule: string;
  /** A keyed digest of the rule and the shared values of its matches. */
  readonly key: string;
}

export interface RaisedAlert {
  readonly rule: LinkedRule;
  readonly match: Match;
  readonly group: Group;
  /** Whether a suppression withheld this alert before. The first match after the suppression raises the alert. */
  readonly isContinued: boolean;
}

/** The states of groups, including all groups that {@link Correlator.groupsOf} returns. */
export interface GroupStates {
  get(group: Group): GroupState | undefined;
  set(group: Group, state: GroupState): void;
}

type AwaitingRule = LinkedRule & { readonly rule: EventRule };

/** Correlates matches one by one, by sequence number. The result depends only on this order and the states, not on batches or the clock. */
export class Correlator {
  private readonly byName: ReadonlyMap<string, LinkedRule>;
  private readonly awaiting: ReadonlyMap<string, readonly AwaitingRule[]>;
  private readonly digest: (text: string) => string;

  /** @param salt the key of the digests, which do not reveal values */
  constructor(rules: readonly LinkedRule[], salt: Uint8Array) {
    this.digest = digestWith(salt);
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

  /** Returns the groups whose states {@link take} may need for a match. */
  groupsOf(match: Match): readonly Group[] {
    const linked = this.byName.get(match.rule);
    if (!linked) return [];
    const own = [linked, ...(this.awaiting.get(match.rule) ?? [])].flatMap((each) => this.groupOf(each, match) ?? []);
    const served = linked.servedRules.flatMap((correlation) => this.groupsOf(passedOn(match, correlation)));
    return [...own, ...served];
  }

  take(match: Match, states: GroupStates): readonly RaisedAlert[] {
    const linked = this.byName.get(match.rule);
    if (!linked) return [];
    for (const waiting of this.awaiting.get(match.rule) ?? []) {
      this.change(waiting, match, states, (state) => ({ state: follow(state, match, waiting.rule) }));
    }
    const { rule } = linked;
    if (rule.kind === 'event' && rule.unless) {
      this.change(linked, match, states, (state) => ({ state: awaitFollowing(state, match, rule) }));
      return [];
    }
    if (rule.kind === 'event' && rule.afterSilenceMs !== undefined) {
      const { afterSilenceMs } = rule;
      const silence = this.change(linked, match, states, (state) => endSilence(state, match, afterSilenceMs));
      if (!silence?.isEnd) return [];
    }
    return this.found(linked, match, states);
  }

  /** Returns alerts of a rule with `unless`, for matches that no event followed in time. These alerts have no field values. */
  takeDue(group: Group, now: number, states: GroupStates): readonly RaisedAlert[] {
    const linked = this.byName.get(group.rule);
    if (!linked) return [];
    const { state, due } = takeDue(states.get(group) ?? EMPTY_GROUP, now);
    states.set(group, state);
    return due.flatMap(({ match }) => raised(linked, { ...match, values: {} }, group, states));
  }

  private found(linked: LinkedRule, match: Match, states: GroupStates): readonly RaisedAlert[] {
    const group = linked.alerts ? this.groupOf(linked, match) : undefined;
    const own = group ? raised(linked, match, group, states) : [];
    return [...own, ...linked.servedRules.flatMap((correlation) => this.count(correlation, match, states))];
  }

  private count(correlation: CorrelationRule, match: Match, states: GroupStates): readonly RaisedAlert[] {
    const linked = this.byName.get(correlation.name);
    const { field } = correlation;
    const value = field === undefined ? undefined : match.values[fieldIn(correlation, field, match.rule)];
    if (!linked || (field !== undefined && typeof value !== 'string')) return [];
    const one: Kept = {
      ...{ at: match.at, place: match.place, id: match.id, of: correlation.rules.indexOf(match.rule) },
      ...(typeof value === 'string' && { value: this.digest(value) }),
    };
    const passed = passedOn(match, correlation);
    const window = this.change(linked, passed, states, (state) => addKept(state, one, correlation))?.found;
    return window ? this.found(linked, matchOf(passed, window), states) : [];
  }

  private change<Change extends { readonly state: GroupState }>(
    linked: LinkedRule,
    match: Match,
    states: GroupStates,
    change: (state: GroupState) => Change,
  ): Change | undefined {
    const group = this.groupOf(linked, match);
    if (!group) return undefined;
    const changed = change(states.get(group) ?? EMPTY_GROUP);
    states.set(group, changed.state);
    return changed;
  }

  private groupOf({ rule }: LinkedRule, { values, tenantId }: Match): Group | undefined {
    const common = rule.groupBy.map((field) => values[field]);
    if (common.some((value) => typeof value !== 'string')) return undefined;
    const tenant = rule.acrossTenants ? [] : [tenantId];
    return { rule: rule.name, key: this.digest(JSON.stringify([rule.name, tenant, common])) };
  }
}

function raised(rule: LinkedRule, match: Match, group: Group, states: GroupStates): readonly RaisedAlert[] {
  const { state, opened } = openEpisode(states.get(group) ?? EMPTY_GROUP, match, rule.rule);
  states.set(group, state);
  return opened === 'known' ? [] : [{ rule, match, group, isContinued: opened === 'withheld' }];
}

function passedOn(match: Match, correlation: CorrelationRule): Match {
  const values = correlation.groupBy.map((field): [string, string | null] => [
    field,
    match.values[fieldIn(correlation, field, match.rule)] ?? null,
  ]);
  return { ...match, rule: correlation.name, values: Object.fromEntries(values) };
}

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

/** A step needs the digest of each group several times, so the digests are cached. */
const MAX_CACHED = 50_000;

/** The key object is slow to make, so all digests reuse the key object. */
function digestWith(salt: Uint8Array): (text: string) => string {
  const key = createSecretKey(salt);
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= MAX_CACHED) known.clear();
    const digest = createHmac('sha256', key).update(text).digest('base64').slice(0, 22);
    known.set(text, digest);
    return digest;
  };
}
