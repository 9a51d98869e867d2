import { EMPTY_ROOT, hashChildren } from './hashes.js';

/**
 * The hashes of a growing tree's perfect subtrees, at most 53. Appending a leaf computes about one hash; computing the root needs at most
 * 52 hashes.
 */
export class TreeFrontier {
  /**
   * @param leaves the number of leaves
   * @param subtrees the hashes of the tree's perfect subtrees, the largest first
   */
  constructor(
    private leaves = 0,
    private readonly subtrees: Uint8Array[] = [],
  ) {}

  get size(): number {
    return this.leaves;
  }

  /** @param onNode called with the leaf, and then with each perfect subtree that the leaf completes, the smallest first */
  append(leafHash: Uint8Array, onNode?: (height: number, hash: Uint8Array) => void): void {
    let [hash, height] = [leafHash, 0];
    onNode?.(height, hash);
    // Like the carry of binary addition: each popped subtree is as large as the carried subtree.
    for (let carry = this.leaves; carry % 2 === 1; carry = (carry - 1) / 2) {
      const left = this.subtrees.pop();
      if (left) hash = hashChildren(left, hash);
      onNode?.((height += 1), hash);
    }
    this.subtrees.push(hash);
    this.leaves += 1;
  }

  root(): Uint8Array {
    return computeSubtreesRoot(this.subtrees);
  }

  clone(): TreeFrontier {
    return new TreeFrontier(this.leaves, [...this.subtrees]);
  }
}

/** Returns the root over adjacent perfect subtrees, the largest first. Without subtrees, returns the root of the empty tree. */
export function computeSubtreesRoot(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => hashChildren(left, right));
}
