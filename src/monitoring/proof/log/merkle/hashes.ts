import { createHash, hash } from 'node:crypto';

/** The length of a tree hash (SHA-256), in bytes. */
export const HASH_BYTES = 32;

/** The root of the tree without leaves: the SHA-256 of no bytes. */
export const EMPTY_ROOT: Uint8Array = createHash('sha256').digest();

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** All calls reuse these buffers, because allocation would cost more time than the hash. */
const leafInput = Buffer.alloc(1 + 65_535, LEAF_PREFIX);
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

/** Computes the leaf hash of a Merkle tree (RFC 6962, section 2.1): SHA-256(0x00 ‖ entry), 32 bytes. */
export function hashLeaf(entry: Uint8Array): Uint8Array {
  if (entry.length >= leafInput.length) return sha256(Buffer.concat([Uint8Array.of(LEAF_PREFIX), entry]));
  leafInput.set(entry, 1);
  return sha256(leafInput.subarray(0, 1 + entry.length));
}

/** Computes the node hash, the hash of an inner node of a Merkle tree (RFC 6962, section 2.1): SHA-256(0x01 ‖ left ‖ right), 32 bytes. */
export function hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
}

/** Hashing directly to a new buffer takes more time. */
function sha256(input: Uint8Array): Uint8Array {
  return Buffer.from(hash('sha256', input, 'binary'), 'latin1');
}

/** Whether two hashes are equal. Not in constant time, because hashes of a tree are not secret. */
export function isSameHash(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
