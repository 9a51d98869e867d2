import { consistencyRanges, inclusionRanges } from '../merkle/tree-shape.js';
import { hashRanges, type TileReader } from './tile-reader.js';

/**
 * The hashes that prove that a leaf is in a tree of `size` leaves, from the leaf's sibling up to the root's child. Reads at most two tiles
 * a level: the leaf's, and the one at the right edge.
 *
 * @throws OutsideTreeError (`AUDIT_TREE_RANGE_INVALID`), InvalidTileError (`AUDIT_TILE_INVALID`); what the reader rejects with
 */
export async function proveInclusion(
  index: number,
  size: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  return hashRanges(inclusionRanges(index, size), size, readTile);
}

/**
 * The hashes that prove that a tree of `oldSize` leaves is the beginning of one of `newSize`; none for equal sizes, or for size 0. Reads at
 * most two tiles a level.
 *
 * @throws OutsideTreeError (`AUDIT_TREE_RANGE_INVALID`), InvalidTileError (`AUDIT_TILE_INVALID`); what the reader rejects with
 */
export async function proveConsistency(
  oldSize: number,
  newSize: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  return hashRanges(consistencyRanges(oldSize, newSize), newSize, readTile);
}
