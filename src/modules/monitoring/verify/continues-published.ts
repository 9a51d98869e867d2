import { verifyConsistency, type TreeHead } from '../log/merkle/consistency.js';
import { proveConsistency } from '../log/tiles/prove.js';
import type { TileReader } from '../log/tiles/tile-reader.js';
import { InvalidTileError } from '../log/tiles/tile.error.js';
import { rootOfEdge, type TreeEdge } from '../log/tiles/tree-edge.js';
import type { LogSource } from './log-reading.js';

/**
 * Whether a tree that is not recomputed continues each published tree of at most its size, by a proof from the
 * stored tiles. Rejects with what the source does.
 */
export async function continuesPublished(
  source: Pick<LogSource, 'readTile'>,
  edge: TreeEdge,
  published: readonly TreeHead[],
): Promise<boolean> {
  const newer = { size: edge.size, rootHash: rootOfEdge(edge) };
  const readTile = readEachOnce(source);
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

/** Many checkpoints are proven by much the same tiles. */
function readEachOnce(source: Pick<LogSource, 'readTile'>): TileReader {
  const tiles = new Map<string, Promise<Uint8Array | undefined>>();
  return async (level, index, width) => {
    const key = `${level}/${index}.p/${width}`;
    const tile = tiles.get(key) ?? source.readTile(level, index, width);
    tiles.set(key, tile);
    return (await tile) ?? new Uint8Array();
  };
}
