import { EMPTY_ROOT, hashChildren } from './hashes.js';

/**
 * The part of a tree that is enough to let it grow: the hashes of its perfect subtrees, at most 53. Adding a leaf takes two hashes on
 * average, computing the root at most 53.
 */
export class TreeFrontier {
  /** @param subtrees the hashes of the perfect subtrees of a tree with so many leaves, the largest first */
  constructor(
    private leaves = 0,
    private readonly subtrees: Uint8Array[] = [],
  ) {}

  get size(): number {
    return this.leaves;
  }

  /** @param onNode called with the leaf, and with each perfect subtree that it completes, from the smallest up */
  append(leafHash: Uint8Array, onNode?: (height: number, hash: Uint8Array) => void): void {
    let [hash, height] = [leafHash, 0];
    onNode?.(height, hash);
    // Works like binary counting: each trailing subtree is as large as the carried one.
    for (let carry = this.leaves; carry % 2 === 1; carry = (carry - 1) / 2) {
      const left = this.subtrees.pop();
      if (left) hash = hashChildren(left, hash);
      onNode?.((height += 1), hash);
    }
    this.subtrees.push(hash);
    this.leaves += 1;
  }

  root(): Uint8Array {
    return rootOfSubtrees(this.subtrees);
  }

  clone(): TreeFrontier {
    return new TreeFrontier(this.leaves, [...this.subtrees]);
  }
}

/** The hash over adjacent perfect subtrees, the largest first; for none, that of the empty tree. */
export function rootOfSubtrees(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => hashChildren(left, right));
}
