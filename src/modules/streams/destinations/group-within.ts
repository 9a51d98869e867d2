interface GroupLimits {
  readonly mostBytes: number;
  /** @defaultValue no limit */
  readonly most?: number;
}

/** Groups items in their order, as many together as the limits allow. An item that is too large is a group by itself. */
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
