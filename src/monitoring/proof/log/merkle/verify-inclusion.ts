import { HASH_BYTES, hashChildren, isSameHash } from './hashes.js';
import { listInclusionRanges, isSize } from './tree-shape.js';

/** The proof is defined in RFC 6962, section 2.1.1. */
interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  /** The hashes from the leaf's sibling up to a child of the root. */
  readonly hashes: readonly Uint8Array[];
}

/** Returns the root to which an inclusion proof leads; `undefined` for a wrong number or length of hashes, or an invalid index. */
export function computeInclusionRoot({ index, size, leafHash, hashes }: InclusionProof): Uint8Array | undefined {
  if (!isSize(index) || !isSize(size) || index >= size) return undefined;
  if ([leafHash, ...hashes].some(({ length }) => length !== HASH_BYTES)) return undefined;
  const ranges = listInclusionRanges(index, size);
  if (hashes.length !== ranges.length) return undefined;
  return hashes.reduce((hash, sibling, nth) => {
    const isLeft = Number(ranges[nth]?.start) > index;
    return isLeft ? hashChildren(hash, sibling) : hashChildren(sibling, hash);
  }, leafHash);
}

/** Verifies an inclusion proof: the tree with the given root has the leaf at the proof's index. Never throws. */
export function verifyInclusion(proof: InclusionProof, root: Uint8Array): boolean {
  const found = computeInclusionRoot(proof);
  return found !== undefined && isSameHash(found, root);
}
