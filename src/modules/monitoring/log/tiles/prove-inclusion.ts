import { consistencyRanges, inclusionRanges } from '../merkle/tree-shape.js';
import { hashRanges, type TileReader } from './tile-reader.js';

/**
 * Resolves with the hashes that prove that a leaf is in a tree of `size` leaves, from the leaf's sibling up to a child of the root. Reads
 * at most two tiles a level: the leaf's tile, and the tile at the right edge.
 *
 * @throws OutsideTreeError (`AUDIT_TREE_RANGE_INVALID`), InvalidTileError (`AUDIT_TILE_INVALID`), and the errors of the reader
 */
export async function proveInclusion(
  index: number,
  size: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  return hashRanges(inclusionRanges(index, size), size, readTile);
}

/**
 * Resolves with the hashes that prove that a tree of `newSize` leaves continues a tree of `oldSize`. Equal sizes and size 0 need no hashes.
 * Reads at most two tiles a level.
 *
 * @throws OutsideTreeError (`AUDIT_TREE_RANGE_INVALID`), InvalidTileError (`AUDIT_TILE_INVALID`), and the errors of the reader
 */
export async function proveConsistency(
  oldSize: number,
  newSize: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  return hashRanges(consistencyRanges(oldSize, newSize), newSize, readTile);
}
