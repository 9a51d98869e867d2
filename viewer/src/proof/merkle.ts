import { concat, isSame, sha256, type Bytes } from './bytes.js';

export interface TreeHead {
  readonly size: number;
  readonly rootHash: Bytes;
}

/** RFC 9162, section 2.1.3. The first hash is the hash of the leaf's sibling. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: Bytes;
  readonly hashes: readonly Bytes[];
}

/** RFC 9162, section 2.1.3.2. Returns `undefined` if the proof is invalid for the tree's size. */
export async function computeInclusionRoot({ index, size, leaf, hashes }: Inclusion): Promise<Bytes | undefined> {
  if (!isSize(index) || !isSize(size) || index >= size) return undefined;
  let [position, last, root] = [index, size - 1, leaf];
  for (const hash of hashes) {
    if (last === 0) return undefined;
    if (isOdd(position) || position === last) {
      root = await hashChildren(hash, root);
      while (!isOdd(position) && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      root = await hashChildren(root, hash);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 ? root : undefined;
}

/** Whether the newer tree begins with all leaves of the older tree (RFC 9162, section 2.1.4.2). */
export async function isConsistent(older: TreeHead, newer: TreeHead, proof: readonly Bytes[]): Promise<boolean> {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && isSame(older.rootHash, newer.rootHash);
  if (older.size === 0) return proof.length === 0;
  const hashes = isPowerOfTwo(older.size) ? [older.rootHash, ...proof] : proof;
  const [first, ...rest] = hashes;
  if (first === undefined) return false;
  let [position, last] = [older.size - 1, newer.size - 1];
  while (isOdd(position)) [position, last] = [half(position), half(last)];
  let [oldRoot, newRoot] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(position) || position === last) {
      oldRoot = await hashChildren(hash, oldRoot);
      newRoot = await hashChildren(hash, newRoot);
      while (!isOdd(position) && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      newRoot = await hashChildren(newRoot, hash);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && isSame(oldRoot, older.rootHash) && isSame(newRoot, newer.rootHash);
}

async function hashChildren(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(concat(Uint8Array.of(1), left, right));
}

// Bitwise operators use only 32 bits, but sizes need 53.
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest > 1 && !isOdd(rest)) rest = half(rest);
  return rest === 1;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
