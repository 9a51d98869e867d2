import { HASH_BYTES, hashChildren } from '../merkle/hashes.js';
import { rootOfSubtrees } from '../merkle/tree-frontier.js';
import { perfectNodesOf, type LeafRange, type TreeNode } from '../merkle/tree-shape.js';
import { TILE_WIDTH, tileWidth } from './tile-address.js';
import { tilePath } from './tile-path.js';
import { InvalidTileError } from './tile.error.js';

/**
 * Reads tiles from a table, a folder, or a log's routes. Resolves to the `width` × 32 bytes of a tile; a source that has only the full form
 * of a partial tile may return its beginning. Rejects if it has neither.
 */
export type TileReader = (level: number, index: number, width: number) => Promise<Uint8Array>;

/** A tile is a subtree of this height, so its hashes are those of every eighth level of the tree. */
const LEVELS_PER_TILE = 8;

/** A run of hashes in a tile: the leaves of a perfect subtree within it. */
interface TileSlice {
  readonly level: number;
  readonly index: number;
  readonly from: number;
  readonly length: number;
}

/**
 * Reads the hashes of ranges of leaves of a tree of `size` leaves; reads each tile once, and all at the same time. It does not check the
 * content of tiles: a proof made of them is checked against a signed root.
 *
 * @throws InvalidTileError (`AUDIT_TILE_INVALID`) for a tile of another length; what the reader rejects with
 */
export async function hashRanges(
  ranges: readonly LeafRange[],
  size: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  const slices = ranges.map((range) => perfectNodesOf(range).map(sliceOf));
  const tiles = new Map<string, Promise<Uint8Array>>();
  for (const { level, index } of slices.flat()) {
    const key = `${level}/${index}`;
    if (!tiles.has(key)) tiles.set(key, readWholeTile(level, index, size, readTile));
  }
  await Promise.all(tiles.values());
  const hashOf = async ({ level, index, from, length }: TileSlice): Promise<Uint8Array> => {
    const tile = (await tiles.get(`${level}/${index}`)) ?? new Uint8Array();
    return subtreeRoot(tile, from, length);
  };
  return Promise.all(slices.map(async (range) => rootOfSubtrees(await Promise.all(range.map(hashOf)))));
}

/** The slice of hashes whose root is that of a perfect subtree. */
export function sliceOf({ height, index }: TreeNode): TileSlice {
  const level = Math.floor(height / LEVELS_PER_TILE);
  const length = 2 ** (height % LEVELS_PER_TILE);
  const first = index * length;
  return { level, index: Math.floor(first / TILE_WIDTH), from: first % TILE_WIDTH, length };
}

/** Reads a tile in its full width in a tree of that size. */
export async function readWholeTile(
  level: number,
  index: number,
  size: number,
  readTile: TileReader,
): Promise<Uint8Array> {
  const width = tileWidth(level, index, size);
  const tile = await readTile(level, index, width);
  if (tile.length !== width * HASH_BYTES) {
    throw new InvalidTileError(tilePath({ level, index, width }), width * HASH_BYTES, tile.length);
  }
  return tile;
}

/** The root of `length` hashes of a tile, where `length` is a power of two. */
export function subtreeRoot(tile: Uint8Array, from: number, length: number): Uint8Array {
  if (length === 1) return tile.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES);
  const half = length / 2;
  return hashChildren(subtreeRoot(tile, from, half), subtreeRoot(tile, from + half, half));
}
