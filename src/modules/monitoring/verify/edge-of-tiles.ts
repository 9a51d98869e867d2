import type { TreeHead } from '../log/merkle/consistency.js';
import { InvalidTileError } from '../log/tiles/tile.error.js';
import { readEdge, type TreeEdge } from '../log/tiles/tree-edge.js';
import { continuesPublished } from './continues-published.js';
import type { LogSource } from './log-reading.js';

type Tiles = Pick<LogSource, 'readTile'>;

/** The tree of a size as the tiles have it; `undefined` where one is missing or cut. Rejects with what the source does. */
export async function edgeOfTiles(source: Tiles, size: number): Promise<TreeEdge | undefined> {
  try {
    return await readEdge(
      size,
      async (level, index, width) => (await source.readTile(level, index, width)) ?? new Uint8Array(),
    );
  } catch (error) {
    if (error instanceof InvalidTileError) return undefined;
    throw error;
  }
}

/** Whether the log of a size, as its tiles have it, continues a head. Rejects with what the source does. */
export async function isContinuedByTiles(source: Tiles, size: number, head: TreeHead): Promise<boolean> {
  const edge = head.size <= size ? await edgeOfTiles(source, size) : undefined;
  return edge !== undefined && continuesPublished(source, edge, [head]);
}
