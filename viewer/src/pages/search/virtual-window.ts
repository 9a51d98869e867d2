export function computeOffsets(heights: readonly number[]): Float64Array {
  const offsets = new Float64Array(heights.length + 1);
  for (const [nth, height] of heights.entries()) offsets[nth + 1] = (offsets[nth] ?? 0) + height;
  return offsets;
}

/** `last` is exclusive. */
export interface VirtualWindow {
  readonly first: number;
  readonly last: number;
}

export function computeWindow(offsets: Float64Array, top: number, bottom: number, spare = 8): VirtualWindow {
  const count = offsets.length - 1;
  const first = Math.max(0, findRow(offsets, top) - spare);
  const last = Math.min(count, findRow(offsets, bottom) + 1 + spare);
  return { first: Math.min(first, count), last: Math.max(last, 0) };
}

function findRow(offsets: Float64Array, height: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((offsets[middle] ?? 0) <= height) low = middle;
    else high = middle - 1;
  }
  return low;
}
