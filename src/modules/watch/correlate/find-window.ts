import type { CorrelationRule } from '../rules/rule.js';
import type { Kept } from './match.js';

/** The conditions of a correlation for the matches within its time. */
export type Window = Pick<CorrelationRule, 'type' | 'least' | 'timespanMs'>;

/**
 * Finds a window that the match at `index` completes: the matches lie within the timespan, include this one, and meet the required number,
 * number of different values, or order. `undefined` if there is no such window. Late events, which arrive after newer ones, can also
 * complete windows.
 *
 * @param kept in the order of time
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
  // If no match is later, the widest window contains all narrower ones.
  const last = index === kept.length - 1 ? first : index;
  for (let start = first; start <= last; start += 1) {
    const found = within(kept, start, timespanMs);
    if (new Set(found.map((one) => one[by])).size >= least) return found;
  }
  return undefined;
}

/** Finds the tightest chain through the match: before it the latest match of each rule, after it the earliest. */
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

/** The time of a match; infinite beyond the ends, and so outside of any span. */
function timeAt(kept: readonly Kept[], index: number): number {
  return kept[index]?.at ?? Number.POSITIVE_INFINITY;
}
