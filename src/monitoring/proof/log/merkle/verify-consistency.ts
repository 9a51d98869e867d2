import { EMPTY_ROOT, HASH_BYTES, hashChildren, isSameHash } from './hashes.js';
import { listConsistencyRanges, isSize } from './tree-shape.js';

export interface TreeHead {
  readonly size: number;
  readonly rootHash: Uint8Array;
}

/** Verifies a consistency proof (RFC 6962, section 2.1.2): the newer tree begins with all leaves of the older tree. Never throws. */
export function verifyConsistency(older: TreeHead, newer: TreeHead, hashes: readonly Uint8Array[]): boolean {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) return false;
  if ([...hashes, older.rootHash, newer.rootHash].some(({ length }) => length !== HASH_BYTES)) return false;
  if (older.size === 0) return hashes.length === 0 && isSameHash(older.rootHash, EMPTY_ROOT) && isEmptyAsStated(newer);
  const ranges = listConsistencyRanges(older.size, newer.size);
  if (hashes.length !== ranges.length) return false;
  let [old, grown] = [older.rootHash, older.rootHash];
  for (const [nth, { start, end }] of ranges.entries()) {
    const hash = hashes[nth] ?? EMPTY_ROOT;
    // The proof begins with the old tree's last perfect subtree, unless the old tree is itself perfect.
    if (end === older.size) [old, grown] = [hash, hash];
    else if (start >= older.size) grown = hashChildren(grown, hash);
    else [old, grown] = [hashChildren(hash, old), hashChildren(hash, grown)];
  }
  return isSameHash(old, older.rootHash) && isSameHash(grown, newer.rootHash);
}

function isEmptyAsStated({ size, rootHash }: TreeHead): boolean {
  return size > 0 || isSameHash(rootHash, EMPTY_ROOT);
}
