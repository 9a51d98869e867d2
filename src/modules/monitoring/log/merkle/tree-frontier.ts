import { EMPTY_ROOT, HASH_BYTES, hashChildren } from './hashes.js';
import { OutsideTreeError } from './merkle.error.js';
import { isSize, perfectNodesOf } from './tree-shape.js';

/**
 * The part of a tree that is enough to let it grow: the hashes of its perfect subtrees, at most 53. Adding a leaf takes two hashes on
 * average, computing the root at most 53.
 */
export class TreeFrontier {
  private constructor(
    private leaves: number,
    private readonly subtrees: Uint8Array[],
  ) {}

  static empty(): TreeFrontier {
    return new TreeFrontier(0, []);
  }

  /**
   * The frontier of a tree of `size` leaves.
   *
   * @param hashes of its perfect subtrees, the largest first, as {@link hashes} returns them
   * @throws OutsideTreeError (`AUDIT_TREE_RANGE_INVALID`) when their number does not fit the size
   */
  static of(size: number, hashes: readonly Uint8Array[]): TreeFrontier {
    const expected = isSize(size) ? perfectNodesOf({ start: 0, end: size }).length : 0;
    const fitting = hashes.filter(({ length }) => length === HASH_BYTES).length;
    if (!isSize(size) || fitting !== hashes.length || fitting !== expected) {
      throw OutsideTreeError.ofFrontier(size, expected, fitting);
    }
    return new TreeFrontier(size, [...hashes]);
  }

  get size(): number {
    return this.leaves;
  }

  /** The hashes of the perfect subtrees, the largest first. */
  get hashes(): readonly Uint8Array[] {
    return [...this.subtrees];
  }

  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    // Works like binary counting: each trailing subtree is as large as the carried one.
    for (let carry = this.leaves; carry % 2 === 1; carry = (carry - 1) / 2) {
      const left = this.subtrees.pop();
      if (left) hash = hashChildren(left, hash);
    }
    this.subtrees.push(hash);
    this.leaves += 1;
  }

  /** The Merkle tree hash of all leaves so far. */
  root(): Uint8Array {
    return rootOfSubtrees(this.subtrees);
  }
}

/** The hash over adjacent perfect subtrees, the largest first; for none, that of the empty tree. */
export function rootOfSubtrees(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => hashChildren(left, right));
}
