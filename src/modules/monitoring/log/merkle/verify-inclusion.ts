import { HASH_BYTES, hashChildren, isSameHash } from './hashes.js';
import { inclusionRanges, isSize } from './tree-shape.js';

/** The content of an inclusion proof (RFC 6962, section 2.1.1). */
interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  /** From the leaf's sibling up to a child of the root. */
  readonly hashes: readonly Uint8Array[];
}

/** Returns the root that an inclusion proof leads to; `undefined` if its length is wrong, or the index is outside the tree. */
export function rootOfInclusion({ index, size, leafHash, hashes }: InclusionProof): Uint8Array | undefined {
  if (!isSize(index) || !isSize(size) || index >= size) return undefined;
  if ([leafHash, ...hashes].some(({ length }) => length !== HASH_BYTES)) return undefined;
  const ranges = inclusionRanges(index, size);
  if (hashes.length !== ranges.length) return undefined;
  return hashes.reduce((hash, sibling, nth) => {
    const isLeft = Number(ranges[nth]?.start) > index;
    return isLeft ? hashChildren(hash, sibling) : hashChildren(sibling, hash);
  }, leafHash);
}

/** Verifies an inclusion proof: whether the tree with that root has the leaf at that index. Never throws. */
export function verifyInclusion(proof: InclusionProof, root: Uint8Array): boolean {
  const found = rootOfInclusion(proof);
  return found !== undefined && isSameHash(found, root);
}
