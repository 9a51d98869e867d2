import { EMPTY_ROOT, HASH_BYTES, hashChildren, isSameHash } from './hashes.js';
import { isSize, splitPoint } from './tree-shape.js';

/** A tree as a checkpoint states it. */
export interface TreeHead {
  readonly size: number;
  readonly rootHash: Uint8Array;
}

/** Whether the newer tree begins with all leaves of the older one (RFC 6962, section 2.1.2). Never throws. */
export function verifyConsistency(older: TreeHead, newer: TreeHead, hashes: readonly Uint8Array[]): boolean {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) return false;
  if ([...hashes, older.rootHash, newer.rootHash].some(({ length }) => length !== HASH_BYTES)) return false;
  if (older.size === 0) return hashes.length === 0 && isSameHash(older.rootHash, EMPTY_ROOT) && isEmptyAsStated(newer);
  const roots = climb({ oldSize: older.size, newSize: newer.size, oldRoot: older.rootHash }, hashes);
  return roots !== undefined && isSameHash(roots.old, older.rootHash) && isSameHash(roots.new, newer.rootHash);
}

function isEmptyAsStated({ size, rootHash }: TreeHead): boolean {
  return size > 0 || isSameHash(rootHash, EMPTY_ROOT);
}

/** A subtree of the newer tree that contains the end of the older one. */
interface Subtree {
  /** The number of its leaves that the older tree has: from 1 to `newSize`. */
  readonly oldSize: number;
  readonly newSize: number;
  /** Present while the subtree begins where the trees do. */
  readonly oldRoot?: Uint8Array;
}

/** The hashes of the subtree in the older and in the newer tree. */
function climb(subtree: Subtree, hashes: readonly Uint8Array[]): { old: Uint8Array; new: Uint8Array } | undefined {
  const { oldSize, newSize, oldRoot } = subtree;
  const last = hashes.at(-1);
  if (oldSize === newSize) {
    const same = oldRoot ?? last;
    return same && hashes.length === (oldRoot ? 0 : 1) ? { old: same, new: same } : undefined;
  }
  if (!last) return undefined;
  const split = splitPoint(newSize);
  const below = hashes.slice(0, -1);
  if (oldSize <= split) {
    const left = climb({ ...subtree, newSize: split }, below);
    return left && { old: left.old, new: hashChildren(left.new, last) };
  }
  const right = climb({ oldSize: oldSize - split, newSize: newSize - split }, below);
  return right && { old: hashChildren(last, right.old), new: hashChildren(last, right.new) };
}
