import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { Tile, TreeEdge } from '../log/tiles/tree-edge.js';
import type { Finding } from './finding.js';
import type { LogSource } from './log-reading.js';

/** Compares stored tiles above level 0 with those of the tree. Rejects with what the source does. */
export async function checkTiles(source: LogSource, tiles: readonly Tile[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { level, index, width, hashes } of tiles) {
    const stored = await source.readTile(level, index, width);
    const at = { table: source.names.tiles, index: index * TILE_WIDTH ** (level + 1) };
    if (!stored) {
      findings.push({ ...at, kind: 'tile_missing', what: `tile ${index} of level ${level} is missing` });
    } else if (!isSameHash(stored.subarray(0, hashes.length), hashes)) {
      findings.push({ ...at, kind: 'tile_altered', what: `tile ${index} of level ${level} is not that of its leaves` });
    }
  }
  return findings;
}

/** The partial tiles above level 0, at the right edge of a tree. */
export function edgeTiles({ size, partials }: TreeEdge): readonly Tile[] {
  return partials.flatMap((hashes, level) => {
    if (level === 0 || hashes.length === 0) return [];
    return [{ level, index: Math.floor(size / TILE_WIDTH ** (level + 1)), width: hashes.length / HASH_BYTES, hashes }];
  });
}
