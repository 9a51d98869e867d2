import { HASH_BYTES, hashChildren } from '../merkle/hashes.js';
import { computeSubtreesRoot } from '../merkle/tree-frontier.js';
import { listPerfectNodes, type LeafRange, type TreeNode } from '../merkle/tree-shape.js';
import { TILE_WIDTH, computeTileWidth } from './tile-address.js';
import { formatTilePath } from './tile-path.js';
import { proofErrors } from '../proof.errors.js';

/** Reads the `width` × 32 bytes of a tile from a table, a folder, or a log's routes. If the tile is wider, reads only its first hashes. */
export type TileReader = (level: number, index: number, width: number) => Promise<Uint8Array>;

/** The height of the subtree in a full tile. The tiles contain the hashes of every eighth level of the tree. */
export const LEVELS_PER_TILE = 8;

interface TileSlice {
  readonly level: number;
  readonly index: number;
  readonly from: number;
  readonly length: number;
}

/**
 * Returns the subtree root of each range of leaves, in a tree of `size` leaves. Reads each tile once, and all tiles in parallel. Does not
 * check the content of tiles, because a verifier checks the proof against a signed root.
 *
 * @throws `AUDIT_TILE_INVALID` for a tile of the wrong length
 * @throws the errors of `readTile`
 */
export async function hashRanges(
  ranges: readonly LeafRange[],
  size: number,
  readTile: TileReader,
): Promise<readonly Uint8Array[]> {
  const slices = ranges.map((range) => listPerfectNodes(range).map(toTileSlice));
  const addresses = new Map(slices.flat().map((slice) => [toTileKey(slice), slice]));
  const tiles = new Map<string, Uint8Array>();
  const reads = [...addresses].map(async ([key, { level, index }]) =>
    tiles.set(key, await readFullTile(level, index, size, readTile)),
  );
  await Promise.all(reads);
  const computeHash = (slice: TileSlice): Uint8Array =>
    computeSubtreeRoot(tiles.get(toTileKey(slice)) ?? new Uint8Array(), slice.from, slice.length);
  return slices.map((range) => computeSubtreesRoot(range.map(computeHash)));
}

function toTileKey({ level, index }: TileSlice): string {
  return `${level}/${index}`;
}

/** A cached tile takes about 50 KB together with its computed subtree roots. Proofs usually concern leaves that are close together. */
const MAX_CACHED_TILES = 256;

/** Creates a reader that caches the most recently used tiles, for code that makes many proofs. */
export function cacheTiles(readTile: TileReader): TileReader {
  const tiles = new Map<string, Promise<Uint8Array>>();
  return (level, index, width) => {
    const key = `${level}/${index}/${width}`;
    const tile = tiles.get(key) ?? readTile(level, index, width);
    tiles.delete(key); // makes the tile the most recently used
    tiles.set(key, tile);
    const [oldest = key] = tiles.keys();
    if (tiles.size > MAX_CACHED_TILES) tiles.delete(oldest);
    return tile;
  };
}

export function toTileSlice({ height, index }: TreeNode): TileSlice {
  const level = Math.floor(height / LEVELS_PER_TILE);
  const length = 2 ** (height % LEVELS_PER_TILE);
  const first = index * length;
  return { level, index: Math.floor(first / TILE_WIDTH), from: first % TILE_WIDTH, length };
}

/** Reads a tile in the full width that the tile has in a tree of `size` leaves. */
export async function readFullTile(
  level: number,
  index: number,
  size: number,
  readTile: TileReader,
): Promise<Uint8Array> {
  const width = computeTileWidth(level, index, size);
  const tile = await readTile(level, index, width);
  if (tile.length !== width * HASH_BYTES) {
    throw proofErrors.AUDIT_TILE_INVALID(formatTilePath({ level, index, width }), width * HASH_BYTES, tile.length);
  }
  return tile;
}

/** Keeps the computed roots of each tile, because proofs of other leaves need these roots again. */
const rootCache = new WeakMap<Uint8Array, Map<number, Uint8Array>>();

/** Returns the root of `length` hashes of a tile. `length` is a power of two. */
export function computeSubtreeRoot(tile: Uint8Array, from: number, length: number): Uint8Array {
  if (length === 1) return tile.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES);
  const known = rootCache.get(tile) ?? new Map<number, Uint8Array>();
  rootCache.set(tile, known);
  const key = from * 2 * TILE_WIDTH + length;
  const half = length / 2;
  const root =
    known.get(key) ?? hashChildren(computeSubtreeRoot(tile, from, half), computeSubtreeRoot(tile, from + half, half));
  known.set(key, root);
  return root;
}
