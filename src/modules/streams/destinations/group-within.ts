interface GroupLimits {
  readonly mostBytes: number;
  /** @defaultValue no limit */
  readonly most?: number;
}

/** Groups items in order, with as many in a group as the limits allow. A too large item gets its own group. */
export function groupWithin<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  { mostBytes, most = Infinity }: GroupLimits,
): Item[][] {
  const groups: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = bytesOf(item);
    const last = groups.at(-1);
    if (last && last.length < most && bytes + size <= mostBytes) {
      last.push(item);
      bytes += size;
    } else {
      groups.push([item]);
      bytes = size;
    }
  }
  return groups;
}
