import type { CorrelationRule } from '../rules/rule.js';

/** A match that a correlation counts. */
export interface Counted {
  /** The time of the match, in milliseconds since 1970. */
  readonly at: number;
  readonly place: number;
  readonly id: string;
  /** The index of the match's rule in the correlation. */
  readonly of: number;
  /** For `value_count`: the value that is counted. */
  readonly value?: string;
}

export type Window = Pick<CorrelationRule, 'type' | 'least' | 'timespanMs'>;

/** A group counts at most this many matches, or a multiple of the count that its rule needs, whichever is larger. */
const LEAST_KEPT = 64;
const KEPT_PER_COUNTED = 4;

/** The matches of one group that may form a window with the next match. */
export class GroupWindow {
  private kept: readonly Counted[] = [];

  constructor(private readonly window: Window) {}

  /** Adds the next match by place. Returns the window that the match completes, if there is one. */
  add(one: Counted): readonly Counted[] | undefined {
    const { type, least, timespanMs } = this.window;
    const later = this.kept.findLastIndex((each) => !isAfter(each, one)) + 1;
    const all = this.kept.toSpliced(later, 0, one);
    const found = findWindow(all, later, this.window);
    const newest = all.at(-1)?.at ?? one.at;
    const recent = all.filter(({ at }) => at >= newest - 2 * timespanMs);
    const shortened = type === 'event_count' ? recent : withoutRuns(recent, type === 'value_count' ? 'value' : 'of');
    this.kept = shortened.slice(-Math.max(LEAST_KEPT, KEPT_PER_COUNTED * least));
    return found;
  }
}

function isAfter(one: Counted, other: Counted): boolean {
  return (one.at - other.at || one.place - other.place || one.of - other.of) > 0;
}

/** Of consecutive matches with the same value, only the first and the last can begin or end a shortest window. */
function withoutRuns(kept: readonly Counted[], by: 'value' | 'of'): readonly Counted[] {
  return kept.filter((one, index) => one[by] !== kept[index - 1]?.[by] || one[by] !== kept[index + 1]?.[by]);
}

/**
 * Finds a window that includes the match at `index`. The matches of a window are within the timespan, and have the required number, the required
 * number of different values, or the required order. A late match can complete a window with newer matches.
 *
 * @param kept sorted by time
 */
export function findWindow(kept: readonly Counted[], index: number, window: Window): readonly Counted[] | undefined {
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

function countedWindow(kept: readonly Counted[], index: number, { least, timespanMs }: Window) {
  for (let first = index; first > index - least && first >= 0; first -= 1) {
    const last = first + least - 1;
    if (timeAt(kept, last) - timeAt(kept, first) <= timespanMs) return within(kept, first, timespanMs);
  }
  return undefined;
}

function variedWindow(
  kept: readonly Counted[],
  index: number,
  { least, timespanMs }: Window,
  by: 'value' | 'of',
): readonly Counted[] | undefined {
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

/** The nearest match of the other rule, which is earlier for a match of the second rule, and later for a match of the first. */
function orderedWindow(kept: readonly Counted[], index: number, { timespanMs }: Window) {
  const one = kept[index];
  const [before, after] = [kept.slice(0, index), kept.slice(index + 1)];
  const pair = one?.of === 0 ? [one, after.find(({ of }) => of === 1)] : [before.findLast(({ of }) => of === 0), one];
  const [first, second] = pair;
  return first && second && second.at - first.at <= timespanMs ? [first, second] : undefined;
}

function within(kept: readonly Counted[], first: number, spanMs: number): readonly Counted[] {
  const start = timeAt(kept, first);
  let end = first;
  while (timeAt(kept, end) - start <= spanMs) end += 1;
  return kept.slice(first, end);
}

function timeAt(kept: readonly Counted[], index: number): number {
  return kept[index]?.at ?? Number.POSITIVE_INFINITY;
}
