import type { CorrelationRule, EventRule, Rule } from '../rules/rule.js';
import { findWindow } from './find-window.js';
import type { Kept, Match } from './match.js';

/** What is remembered of one group of a rule. Plain JSON, and nothing personal. */
export interface GroupState {
  /** Of a correlation: what may complete a window with later matches, in the order of time. */
  readonly kept: readonly Kept[];
  /** The alert that was raised last, while the same one is not raised again. */
  readonly episode?: Episode;
  /** Of a rule with `unless`: what has not been followed yet. */
  readonly pending?: readonly Pending[];
  /** Of a rule with `unless`: when that happened which follows, in milliseconds since 1970. A match that is sealed after it may have happened before. */
  readonly followed?: readonly number[];
  /** Of a rule with `after-silence`: when the newest match happened, in milliseconds since 1970. */
  readonly lastAt?: number;
}

/** Since when and until when, in milliseconds since 1970, matches belong to an alert that was raised. */
interface Episode {
  readonly from: number;
  readonly until: number;
  readonly raisedAt: number;
  /** A suppression kept the alert from being raised: what belongs to it is raised when the suppression is over. */
  readonly isWithheld?: boolean;
}

/** A match that is one when it is not followed in time, without the values of its fields. */
export interface Pending {
  readonly match: Omit<Match, 'values'>;
  readonly due: number;
}

export const EMPTY_GROUP: GroupState = { kept: [] };

/** Within one group, more are only remembered where a rule counts more. */
const LEAST_KEPT = 64;
const KEPT_PER_COUNTED = 4;
/** Whoever is silent for longer than so many times the silence is forgotten. */
const SILENCES_KEPT = 20;
/** As many as can be followed at the same time. */
const MOST_PENDING = 100;

/** Adds what a correlation counts. Returns the window that it completes, if it does. */
export function addKept(
  { kept, ...others }: GroupState,
  one: Kept,
  { type, least, timespanMs }: CorrelationRule,
): { readonly state: GroupState; readonly found?: readonly Kept[] } {
  const later = kept.findIndex((each) => isAfter(each, one));
  const index = later === -1 ? kept.length : later;
  const all = kept.toSpliced(index, 0, one);
  const found = findWindow(all, index, { type, least, spanMs: timespanMs });
  const newest = all.at(-1)?.at ?? one.at;
  const recent = all.filter(({ at }) => at >= newest - 2 * timespanMs);
  const shortened = type === 'event_count' ? recent : withoutRuns(recent, type === 'value_count' ? 'value' : 'of');
  const most = Math.max(LEAST_KEPT, KEPT_PER_COUNTED * least);
  return { state: { ...others, kept: shortened.slice(-most) }, ...(found && { found }) };
}

/** What a match is to the alerts of its group: the begin of one, more of one that was raised, or more of one that was withheld. */
export type Opened = 'new' | 'known' | 'withheld';

/** Takes a match as an alert, or as more of the one before. */
export function openEpisode(
  state: GroupState,
  { from, at }: Pick<Match, 'from' | 'at'>,
  rule: Rule,
): { readonly state: GroupState; readonly opened: Opened } {
  const spanMs = rule.kind === 'correlation' ? rule.timespanMs : rule.repeatAfterMs;
  const { episode } = state;
  if (episode && at < episode.raisedAt + rule.repeatAfterMs && at <= episode.until && at >= episode.from - spanMs) {
    const until = rule.kind === 'correlation' ? Math.max(episode.until, at + spanMs) : episode.until;
    const opened = episode.isWithheld === true ? 'withheld' : 'known';
    return { state: { ...state, episode: { ...episode, from: Math.min(episode.from, from), until } }, opened };
  }
  return { state: { ...state, episode: { from, until: at + spanMs, raisedAt: at } }, opened: 'new' };
}

/** Remembers that a suppression withholds the alert of the group. */
export function withhold({ episode, ...others }: GroupState): GroupState {
  return { ...others, ...(episode && { episode: { ...episode, isWithheld: true } }) };
}

/** Raises the alert of the group that was withheld; `undefined` where it was raised meanwhile. */
export function raiseWithheld({ episode, ...others }: GroupState, at: number): GroupState | undefined {
  if (episode?.isWithheld !== true) return undefined;
  const { from, until } = episode;
  return { ...others, episode: { from, until, raisedAt: at } };
}

/** Waits for what has to follow a match, unless it is known already: sealed before, though it happened after. */
export function awaitFollowing(state: GroupState, match: Match, { unless }: EventRule): GroupState {
  const { rule, place, id, at, tenantId, ids, count, from } = match;
  const due = at + (unless?.withinMs ?? 0);
  if (state.followed?.some((followedAt) => followedAt > at && followedAt <= due)) return state;
  const pending = [...(state.pending ?? []), { match: { rule, place, id, at, tenantId, ids, count, from }, due }];
  return { ...state, pending: pending.slice(-MOST_PENDING) };
}

/** What followed in time is not waited for any more. */
export function follow(
  state: GroupState,
  { at, place }: Pick<Match, 'at' | 'place'>,
  { unless }: EventRule,
): GroupState {
  const pending = state.pending?.filter(({ match, due }) => at > due || isAfter(match, { at, place, of: 0 }));
  const times = [...(state.followed ?? []), at];
  const newest = Math.max(...times);
  const followed = times.filter((time) => time > newest - (unless?.withinMs ?? 0)).slice(-MOST_PENDING);
  return { ...state, ...(pending && { pending }), followed };
}

/** Whether a match ends a silence of the group. The first one of all does not: nobody knows what was before it. */
export function endSilence(
  state: GroupState,
  { at }: Pick<Match, 'at'>,
  silenceMs: number,
): { readonly state: GroupState; readonly isEnd: boolean } {
  const { lastAt = at } = state;
  return { state: { ...state, lastAt: Math.max(lastAt, at) }, isEnd: at - lastAt > silenceMs };
}

/** Takes what should have been followed by now. */
export function takeDue(
  state: GroupState,
  now: number,
): { readonly state: GroupState; readonly due: readonly Pending[] } {
  const due = (state.pending ?? []).filter((each) => each.due < now);
  return { state: { ...state, pending: (state.pending ?? []).filter((each) => each.due >= now) }, due };
}

/**
 * For how long the state of a group has to be kept after its last change, in milliseconds. By the clock and not by the times of its events: those may
 * come days late.
 */
export function lifetimeOf(rule: Rule): number {
  if (rule.kind === 'correlation') return 2 * rule.timespanMs + rule.repeatAfterMs;
  return rule.repeatAfterMs + (rule.unless?.withinMs ?? 0) + SILENCES_KEPT * (rule.afterSilenceMs ?? 0);
}

function isAfter(one: Omit<Kept, 'id'> | Pick<Match, 'at' | 'place'>, other: Omit<Kept, 'id'>): boolean {
  if (one.at !== other.at) return one.at > other.at;
  if (one.place !== other.place) return one.place > other.place;
  return 'of' in one && one.of > other.of;
}

/** A window begins best with the last of a run of equals, and ends best with the first of one: what is between them is never needed. */
function withoutRuns(kept: readonly Kept[], by: 'value' | 'of'): readonly Kept[] {
  return kept.filter((one, index) => one[by] !== kept[index - 1]?.[by] || one[by] !== kept[index + 1]?.[by]);
}
