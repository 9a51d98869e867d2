interface GroupLimits {
  readonly mostBytes: number;
  /** @defaultValue no limit */
  readonly most?: number;
}

/** Groups items in order, and puts as many items into a group as the limits allow. An item that is too large gets its own group. */
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
