import { listConsistencyRanges, listInclusionRanges } from '../merkle/tree-shape.js';
import { hashRanges, type TileReader } from './tile-reader.js';

/**
 * Resolves with the hashes of an inclusion proof in a tree of `size` leaves, from the leaf's sibling up to a child of the root. Reads at
 * most two tiles of each level: the leaf's tile, and the tile at the right edge.
 *
 * @throws `AUDIT_TREE_RANGE_INVALID`, `AUDIT_TILE_INVALID`, and the errors of `readTile`
 */
export async function proveInclusion(
  index: number,
  size: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  return hashRanges(listInclusionRanges(index, size), size, readTile);
}

/**
 * Resolves with the hashes of a consistency proof from a tree of `oldSize` leaves to a tree of `newSize` leaves. If the sizes are equal, or
 * `oldSize` is 0, the proof is empty. Reads at most two tiles of each level.
 *
 * @throws `AUDIT_TREE_RANGE_INVALID`, `AUDIT_TILE_INVALID`, and the errors of `readTile`
 */
export async function proveConsistency(
  oldSize: number,
  newSize: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  return hashRanges(listConsistencyRanges(oldSize, newSize), newSize, readTile);
}
