import { HASH_BYTES, hashChildren, isSameHash } from './hashes.js';
import { isSize, splitPoint } from './tree-shape.js';

/** The content of an inclusion proof (RFC 6962, section 2.1.1). */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  /** From the leaf's sibling up to the root's child. */
  readonly hashes: readonly Uint8Array[];
}

/** The root that follows from a proof; `undefined` if it has the wrong number of hashes, or its index lies outside the tree. */
export function rootOfInclusion({ index, size, leafHash, hashes }: InclusionProof): Uint8Array | undefined {
  if (!isSize(index) || !isSize(size) || index >= size) return undefined;
  if ([leafHash, ...hashes].some(({ length }) => length !== HASH_BYTES)) return undefined;
  return climb(index, size, leafHash, hashes);
}

/** Whether the leaf is at that index of the tree with that root. Never throws. */
export function verifyInclusion(proof: InclusionProof, root: Uint8Array): boolean {
  const found = rootOfInclusion(proof);
  return found !== undefined && isSameHash(found, root);
}

function climb(
  index: number,
  size: number,
  leafHash: Uint8Array,
  hashes: readonly Uint8Array[],
): Uint8Array | undefined {
  const sibling = hashes.at(-1);
  if (size === 1) return sibling === undefined ? leafHash : undefined;
  if (sibling === undefined) return undefined;
  const split = splitPoint(size);
  const below = hashes.slice(0, -1);
  if (index < split) {
    const left = climb(index, split, leafHash, below);
    return left && hashChildren(left, sibling);
  }
  const right = climb(index - split, size - split, leafHash, below);
  return right && hashChildren(sibling, right);
}
