import { verifyConsistency, type TreeHead } from '../log/merkle/verify-consistency.js';
import { HASH_BYTES } from '../log/merkle/hashes.js';
import { proveConsistency } from '../log/tiles/prove-inclusion.js';
import { computeTileWidth } from '../log/tiles/tile-address.js';
import { cacheTiles } from '../log/tiles/tile-reader.js';
import { toTreeHead, readEdge, type TreeEdge } from '../log/tiles/tree-edge.js';
import type { LogSource } from './sources/log-source.js';
import { hasCode } from '../../../base/errors/error-facts.js';

type Tiles = Pick<LogSource, 'readTile'>;

/** Whether a tree continues each published tree that is not larger. The proof uses the stored tiles, which are not recomputed. */
export async function extendsPublished(
  source: Tiles,
  edge: TreeEdge,
  published: readonly TreeHead[],
): Promise<boolean> {
  const newer = toTreeHead(edge);
  const readTile = cacheTiles(source.readTile);
  for (const older of published) {
    if (older.size > newer.size) continue;
    const proof = await undefinedIfBroken(proveConsistency(older.size, newer.size, readTile));
    if (!proof || !verifyConsistency(older, newer, proof)) return false;
  }
  return true;
}

/** Resolves with a result from tiles, or with `undefined` if a tile is missing or has the wrong length. */
export async function undefinedIfBroken<Result>(made: Promise<Result>): Promise<Result | undefined> {
  return made.catch((error: unknown) => {
    if (hasCode(error, 'AUDIT_TILE_INVALID')) return undefined;
    throw error;
  });
}

/**
 * Returns the edge of a tree of this size from its tiles; `undefined` if a tile is missing or cut off. Rejects with the source's error.
 *
 * @param logSize the size of the log, which determines each tile's full width: a folder has only tiles of this width
 */
export async function readTileEdge(source: Tiles, size: number, logSize = size): Promise<TreeEdge | undefined> {
  const edge = readEdge(size, async (level, index, width) => {
    const whole = await source.readTile(level, index, computeTileWidth(level, index, logSize));
    return whole.subarray(0, width * HASH_BYTES);
  });
  return undefinedIfBroken(edge);
}

/** Whether the tiles of a log of this size prove that the log continues a head. Rejects with the source's error. */
export async function isContinuedByTiles(source: Tiles, size: number, head: TreeHead): Promise<boolean> {
  const edge = head.size <= size ? await readTileEdge(source, size) : undefined;
  return edge !== undefined && extendsPublished(source, edge, [head]);
}
