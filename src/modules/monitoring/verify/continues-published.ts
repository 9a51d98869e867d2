import { verifyConsistency, type TreeHead } from '../log/merkle/consistency.js';
import { HASH_BYTES } from '../log/merkle/hashes.js';
import { proveConsistency } from '../log/tiles/prove.js';
import { tileWidth } from '../log/tiles/tile-address.js';
import { keepTiles, type TileReader } from '../log/tiles/tile-reader.js';
import { InvalidTileError } from '../log/tiles/tile.error.js';
import { readEdge, rootOfEdge, type TreeEdge } from '../log/tiles/tree-edge.js';
import type { LogSource } from './log-reading.js';

type Tiles = Pick<LogSource, 'readTile'>;

/**
 * Whether a tree that is not recomputed continues each published tree of at most its size, by a proof from the stored tiles. Rejects with
 * the source's error.
 */
export async function continuesPublished(
  source: Tiles,
  edge: TreeEdge,
  published: readonly TreeHead[],
): Promise<boolean> {
  const newer = { size: edge.size, rootHash: rootOfEdge(edge) };
  const readTile = keepTiles(readerOf(source));
  for (const older of published) {
    if (older.size <= newer.size && !(await isContinued(older, newer, readTile))) return false;
  }
  return true;
}

async function isContinued(older: TreeHead, newer: TreeHead, readTile: TileReader): Promise<boolean> {
  try {
    return verifyConsistency(older, newer, await proveConsistency(older.size, newer.size, readTile));
  } catch (error) {
    if (error instanceof InvalidTileError) return false;
    throw error;
  }
}

/** Reads the tiles of a source for proofs; a missing one is empty, and proves nothing. */
export function readerOf(source: Tiles): TileReader {
  return async (level, index, width) => (await source.readTile(level, index, width)) ?? new Uint8Array();
}

/**
 * The tree of a size, from the tiles; `undefined` if one is missing or cut. Rejects with the source's error.
 *
 * @param logSize of a log whose tiles are read as wide as it has them: a folder has no other
 */
export async function edgeOfTiles(source: Tiles, size: number, logSize = size): Promise<TreeEdge | undefined> {
  try {
    return await readEdge(size, async (level, index, width) => {
      const whole = await source.readTile(level, index, tileWidth(level, index, logSize));
      return whole?.subarray(0, width * HASH_BYTES) ?? new Uint8Array();
    });
  } catch (error) {
    if (error instanceof InvalidTileError) return undefined;
    throw error;
  }
}

/** Whether the tiles of a log of this size show that it continues a head. Rejects with the source's error. */
export async function isContinuedByTiles(source: Tiles, size: number, head: TreeHead): Promise<boolean> {
  const edge = head.size <= size ? await edgeOfTiles(source, size) : undefined;
  return edge !== undefined && continuesPublished(source, edge, [head]);
}
