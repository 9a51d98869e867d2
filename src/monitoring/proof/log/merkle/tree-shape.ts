import { proofErrors } from '../proof.errors.js';

/** The leaves from `start` to `end - 1`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The root of a perfect subtree of 2^height leaves. `index` is the position of the subtree among the subtrees of the same height, from the
 * left.
 */
export interface TreeNode {
  readonly height: number;
  readonly index: number;
}

/** The split point is defined in RFC 6962, section 2.1. `size` is at least 2. */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** Splits a range into the largest perfect subtrees. The start must be a multiple of a power of two that is at least the range's length. */
export function listPerfectNodes({ start, end }: LeafRange): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = start; at < end;) {
    let [height, width] = [0, 1];
    while (width * 2 <= end - at) [height, width] = [height + 1, width * 2];
    nodes.push({ height, index: at / width });
    at += width;
  }
  return nodes;
}

/**
 * Returns the ranges whose hashes prove that a leaf is in a tree, from the leaf's sibling up to a child of the root.
 *
 * @throws `AUDIT_TREE_RANGE_INVALID` unless 0 <= index < size
 */
export function listInclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!isSize(index) || !isSize(size) || index >= size) throw proofErrors.AUDIT_TREE_RANGE_INVALID.ofLeaf(index, size);
  return descend(index, size, ({ start, end }) => end - start === 1).beside;
}

/**
 * Returns the ranges whose hashes prove that a larger tree continues a smaller one, in the order of RFC 6962, section 2.1.2. Equal sizes
 * and an empty tree need no hashes.
 *
 * @throws `AUDIT_TREE_RANGE_INVALID` unless 0 <= oldSize <= newSize
 */
export function listConsistencyRanges(oldSize: number, newSize: number): readonly LeafRange[] {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize)
    throw proofErrors.AUDIT_TREE_RANGE_INVALID.ofTree(oldSize, newSize);
  if (oldSize === 0 || oldSize === newSize) return [];
  const { beside: siblings, last } = descend(oldSize - 1, newSize, ({ end }) => end === oldSize);
  return last.start > 0 ? [last, ...siblings] : siblings; // a range from 0 is the old tree, whose root the verifier has
}

function descend(
  leaf: number,
  size: number,
  isLast: (range: LeafRange) => boolean,
): { readonly last: LeafRange; readonly beside: readonly LeafRange[] } {
  const siblings: LeafRange[] = [];
  let last = { start: 0, end: size };
  while (!isLast(last)) {
    const { start, end } = last;
    const middle = start + splitPoint(end - start);
    const [left, right] = [
      { start, end: middle },
      { start: middle, end },
    ];
    siblings.unshift(leaf < middle ? right : left);
    last = leaf < middle ? left : right;
  }
  return { last, beside: siblings };
}

/** Whether a number can be a size or an index: an integer from 0 to 2^53 - 1. */
export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
