import type { CorrelationRule, EventRule, Rule } from '../rules/rule.js';

/** A match of a rule: an event, or the events of a correlation. */
export interface Match {
  readonly rule: string;
  /** The sequence number of the event, or of the event that completed the correlation. */
  readonly place: number;
  /** The id of the event at `place`. */
  readonly id: string;
  /** The time of the latest event, in milliseconds since 1970. */
  readonly at: number;
  readonly tenantId: string | null;
  readonly values: Readonly<Record<string, string | null>>;
  /** The ids of the last {@link MOST_IDS} events of the match. */
  readonly ids: readonly string[];
  readonly count: number;
  /** The time of the first event, in milliseconds since 1970. */
  readonly from: number;
}

/** The maximum number of event ids in an alert. */
export const MOST_IDS = 100;

/** The part of a match that a correlation stores: plain JSON without personal values. */
export interface Kept {
  readonly at: number;
  readonly place: number;
  readonly id: string;
  /** The index of the match's rule in the correlation. */
  readonly of: number;
  /** For `value_count`: a digest of the value. */
  readonly value?: string;
}

/** The stored state of a group of a rule. The state is plain JSON without personal values. */
export interface GroupState {
  /** For a correlation: matches, in order of time, that may form a window with later matches. */
  readonly kept: readonly Kept[];
  /** The last alert of the group, while further matches can belong to that alert. */
  readonly episode?: Episode;
  /** For a rule with `unless`: matches that wait for a following event. */
  readonly pending?: readonly Pending[];
  /**
   * For a rule with `unless`: the times of following matches, in milliseconds since 1970. The times are kept, because an earlier match may
   * be sealed later.
   */
  readonly followed?: readonly number[];
  /** For a rule with `after-silence`: the time of the newest match, in milliseconds since 1970. */
  readonly lastAt?: number;
}

interface Episode {
  readonly from: number;
  readonly until: number;
  readonly raisedAt: number;
  /** Whether a suppression withheld the alert. A match after the suppression raises the alert. */
  readonly isWithheld?: boolean;
}

/** A match that counts unless another event follows it in time. The stored match has no field values. */
interface Pending {
  readonly match: Omit<Match, 'values'>;
  readonly due: number;
}

export const EMPTY_GROUP: GroupState = { kept: [] };

/** A group keeps at most this many matches, or a multiple of the count that its rule needs, whichever is larger. */
const LEAST_KEPT = 64;
const KEPT_PER_COUNTED = 4;
/** A group with `after-silence` is deleted after this multiple of the silence. */
const SILENCES_KEPT = 20;
const MOST_PENDING = 100;

/** Adds a match to a correlation's state. If the match completes a window, the function returns the window, too. */
export function addKept(
  { kept, ...others }: GroupState,
  one: Kept,
  rule: CorrelationRule,
): { readonly state: GroupState; readonly found?: readonly Kept[] } {
  const { type, least, timespanMs } = rule;
  const later = kept.findIndex((each) => isAfter(each, one));
  const index = later === -1 ? kept.length : later;
  const all = kept.toSpliced(index, 0, one);
  const found = findWindow(all, index, rule);
  const newest = all.at(-1)?.at ?? one.at;
  const recent = all.filter(({ at }) => at >= newest - 2 * timespanMs);
  const shortened = type === 'event_count' ? recent : withoutRuns(recent, type === 'value_count' ? 'value' : 'of');
  const most = Math.max(LEAST_KEPT, KEPT_PER_COUNTED * least);
  return { state: { ...others, kept: shortened.slice(-most) }, ...(found && { found }) };
}

/** Assigns a match to a new alert, to a raised alert (`known`), or to a withheld alert. */
export function openEpisode(
  state: GroupState,
  { from, at }: Pick<Match, 'from' | 'at'>,
  rule: Rule,
): { readonly state: GroupState; readonly opened: 'new' | 'known' | 'withheld' } {
  const spanMs = rule.kind === 'correlation' ? rule.timespanMs : rule.repeatAfterMs;
  const { episode } = state;
  if (episode && at < episode.raisedAt + rule.repeatAfterMs && at <= episode.until && at >= episode.from - spanMs) {
    const until = rule.kind === 'correlation' ? Math.max(episode.until, at + spanMs) : episode.until;
    const opened = episode.isWithheld === true ? 'withheld' : 'known';
    return { state: { ...state, episode: { ...episode, from: Math.min(episode.from, from), until } }, opened };
  }
  return { state: { ...state, episode: { from, until: at + spanMs, raisedAt: at } }, opened: 'new' };
}

export function withhold({ episode, ...others }: GroupState): GroupState {
  return { ...others, ...(episode && { episode: { ...episode, isWithheld: true } }) };
}

/** Marks the withheld alert of the group as raised. Returns `undefined` if the group has no withheld alert. */
export function raiseWithheld({ episode, ...others }: GroupState, at: number): GroupState | undefined {
  if (episode?.isWithheld !== true) return undefined;
  const { from, until } = episode;
  return { ...others, episode: { from, until, raisedAt: at } };
}

/** Lets a match wait for a following event, unless such an event was sealed before the match. */
export function awaitFollowing(state: GroupState, match: Match, { unless }: EventRule): GroupState {
  const { rule, place, id, at, tenantId, ids, count, from } = match;
  const due = at + (unless?.withinMs ?? 0);
  if (state.followed?.some((followedAt) => followedAt > at && followedAt <= due)) return state;
  const pending = [...(state.pending ?? []), { match: { rule, place, id, at, tenantId, ids, count, from }, due }];
  return { ...state, pending: pending.slice(-MOST_PENDING) };
}

/** Removes each waiting match that the given event follows in time. */
export function follow(state: GroupState, { at, place }: Moment, { unless }: EventRule): GroupState {
  const pending = state.pending?.filter(({ match, due }) => at > due || isAfter(match, { at, place }));
  const times = [...(state.followed ?? []), at];
  const newest = Math.max(...times);
  const followed = times.filter((time) => time > newest - (unless?.withinMs ?? 0)).slice(-MOST_PENDING);
  return { ...state, ...(pending && { pending }), followed };
}

/** Returns whether a match ends a silence of the group. The first match of a group ends no silence, because the time before that match is unknown. */
export function endSilence(
  state: GroupState,
  { at }: Pick<Match, 'at'>,
  silenceMs: number,
): { readonly state: GroupState; readonly isEnd: boolean } {
  const { lastAt = at } = state;
  return { state: { ...state, lastAt: Math.max(lastAt, at) }, isEnd: at - lastAt > silenceMs };
}

/** Removes and returns the matches that no event followed in time. */
export function takeDue(
  state: GroupState,
  now: number,
): { readonly state: GroupState; readonly due: readonly Pending[] } {
  const { pending = [] } = state;
  const due = pending.filter((each) => each.due < now);
  return { state: { ...state, pending: pending.filter((each) => each.due >= now) }, due };
}

/**
 * Returns the milliseconds after which an unchanged state can be deleted. The clock of the database measures this time, because events may
 * arrive days late.
 */
export function lifetimeOf(rule: Rule): number {
  if (rule.kind === 'correlation') return 2 * rule.timespanMs + rule.repeatAfterMs;
  return rule.repeatAfterMs + (rule.unless?.withinMs ?? 0) + SILENCES_KEPT * (rule.afterSilenceMs ?? 0);
}

type Moment = Pick<Kept, 'at' | 'place'> & { readonly of?: number };

function isAfter(one: Moment, other: Moment): boolean {
  return (one.at - other.at || one.place - other.place || (one.of ?? 0) - (other.of ?? 0)) > 0;
}

/** Of consecutive matches with the same value, only the first and the last can begin or end a shortest window. */
function withoutRuns(kept: readonly Kept[], by: 'value' | 'of'): readonly Kept[] {
  return kept.filter((one, index) => one[by] !== kept[index - 1]?.[by] || one[by] !== kept[index + 1]?.[by]);
}

export type Window = Pick<CorrelationRule, 'type' | 'least' | 'timespanMs'>;

/**
 * Finds a window that includes the match at `index`. The matches of a window are within the timespan, and have the required number, the required
 * number of different values, or the required order. A late match can complete a window with newer matches.
 *
 * @param kept the stored matches, in order of time
 */
export function findWindow(kept: readonly Kept[], index: number, window: Window): readonly Kept[] | undefined {
  switch (window.type) {
    case 'event_count':
      return countedWindow(kept, index, window);
    case 'value_count':
      return variedWindow(kept, index, window, 'value');
    case 'temporal':
      return variedWindow(kept, index, window, 'of');
    case 'temporal_ordered':
      return orderedWindow(kept, index, window);
  }
}

function countedWindow(
  kept: readonly Kept[],
  index: number,
  { least, timespanMs }: Window,
): readonly Kept[] | undefined {
  for (let first = index; first > index - least && first >= 0; first -= 1) {
    const last = first + least - 1;
    if (timeAt(kept, last) - timeAt(kept, first) <= timespanMs) return within(kept, first, timespanMs);
  }
  return undefined;
}

function variedWindow(
  kept: readonly Kept[],
  index: number,
  { least, timespanMs }: Window,
  by: 'value' | 'of',
): readonly Kept[] | undefined {
  const at = timeAt(kept, index);
  let first = index;
  while (first > 0 && at - timeAt(kept, first - 1) <= timespanMs) first -= 1;
  // If the match at `index` is the last one, the widest window contains all narrower windows.
  const last = index === kept.length - 1 ? first : index;
  for (let start = first; start <= last; start += 1) {
    const found = within(kept, start, timespanMs);
    if (new Set(found.map((one) => one[by])).size >= least) return found;
  }
  return undefined;
}

/** The shortest chain around a match has the latest match of each earlier rule, and the earliest match of each later rule. */
function orderedWindow(
  kept: readonly Kept[],
  index: number,
  { least, timespanMs }: Window,
): readonly Kept[] | undefined {
  const middle = kept[index];
  if (!middle) return undefined;
  const chain: Kept[] = [middle];
  for (let at = index - 1, wanted = middle.of - 1; wanted >= 0; at -= 1) {
    const one = kept[at];
    if (!one) return undefined;
    if (one.of !== wanted) continue;
    chain.unshift(one);
    wanted -= 1;
  }
  for (let at = index + 1, wanted = middle.of + 1; wanted < least; at += 1) {
    const one = kept[at];
    if (!one) return undefined;
    if (one.of !== wanted) continue;
    chain.push(one);
    wanted += 1;
  }
  return timeAt(chain, chain.length - 1) - timeAt(chain, 0) <= timespanMs ? chain : undefined;
}

function within(kept: readonly Kept[], first: number, spanMs: number): readonly Kept[] {
  const start = timeAt(kept, first);
  let end = first;
  while (timeAt(kept, end) - start <= spanMs) end += 1;
  return kept.slice(first, end);
}

function timeAt(kept: readonly Kept[], index: number): number {
  return kept[index]?.at ?? Number.POSITIVE_INFINITY;
}
