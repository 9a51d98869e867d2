/** The texts by which an item of a list is compared. */
export interface ItemKeys {
  /** Equal for equal items only. */
  readonly text: string;
  /** Equal for an item and its changed version, if items have ids. */
  readonly identity: string | undefined;
}

/** One difference of two lists. No `before`: an insertion; no `after`: a removal; both: a change. */
export interface ItemStep {
  /** The item's index in the list after the steps before this one. */
  readonly place: number;
  readonly before?: number;
  readonly after?: number;
}

/** With more pairs of items than this (without the equal ends), the lists are compared index by index. */
const MAX_PAIRS = 160_000;

/** The cost of a step: lower for an item that stays the same one, so that it is not taken for its neighbour. */
const COST = { keep: 0, changeSame: 1, step: 2 } as const;

/**
 * Finds the fewest steps from one list to the other, in order (an edit distance), in bounded time: lists with more than 400 × 400 items in
 * their different middle are compared index by index.
 */
export function alignItems(before: readonly ItemKeys[], after: readonly ItemKeys[]): readonly ItemStep[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start]?.text === after[start]?.text) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end)?.text === after.at(-1 - end)?.text) end++;
  const from = before.slice(start, before.length - end);
  const to = after.slice(start, after.length - end);
  const steps = from.length * to.length > MAX_PAIRS ? placeByPlace(from, to) : fewestSteps(from, to);
  return steps.map((step) => shift(step, start));
}

function shift({ place, before, after }: ItemStep, by: number): ItemStep {
  return {
    place: place + by,
    ...(before === undefined ? {} : { before: before + by }),
    ...(after === undefined ? {} : { after: after + by }),
  };
}

function placeByPlace(from: readonly ItemKeys[], to: readonly ItemKeys[]): ItemStep[] {
  const steps: ItemStep[] = [];
  for (let index = 0; index < Math.max(from.length, to.length); index++) {
    if (index >= from.length) steps.push({ place: index, after: index });
    else if (index >= to.length) steps.push({ place: to.length, before: index });
    else if (from[index]?.text !== to[index]?.text) steps.push({ place: index, before: index, after: index });
  }
  return steps;
}

/** Fills Wagner and Fischer's table and reads it back to front: `costs[i * width + j]` is the cost from `from[i…]` to `to[j…]`. */
function fewestSteps(from: readonly ItemKeys[], to: readonly ItemKeys[]): ItemStep[] {
  const width = to.length + 1;
  const costs = new Uint32Array((from.length + 1) * width);
  const costAt = (i: number, j: number): number => costs[i * width + j] ?? 0;
  for (let i = from.length; i >= 0; i--) {
    for (let j = to.length; j >= 0; j--) {
      if (i === from.length) costs[i * width + j] = (to.length - j) * COST.step;
      else if (j === to.length) costs[i * width + j] = (from.length - i) * COST.step;
      else {
        const either = Math.min(costAt(i + 1, j), costAt(i, j + 1)) + COST.step;
        costs[i * width + j] = Math.min(either, costAt(i + 1, j + 1) + changeCost(from[i], to[j]));
      }
    }
  }
  const steps: ItemStep[] = [];
  for (let i = 0, j = 0; i < from.length || j < to.length;) {
    const isPair = i < from.length && j < to.length;
    const cost = changeCost(from[i], to[j]);
    if (isPair && costAt(i, j) === costAt(i + 1, j + 1) + cost) {
      if (cost !== COST.keep) steps.push({ place: j, before: i, after: j });
      i++;
      j++;
    } else if (i < from.length && costAt(i, j) === costAt(i + 1, j) + COST.step) {
      steps.push({ place: j, before: i++ });
    } else {
      steps.push({ place: j, after: j++ });
    }
  }
  return steps;
}

function changeCost(item: ItemKeys | undefined, other: ItemKeys | undefined): number {
  if (item?.text === other?.text) return COST.keep;
  return item?.identity !== undefined && item.identity === other?.identity ? COST.changeSame : COST.step;
}
