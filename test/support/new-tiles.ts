import { hashesAtLevel, TILE_WIDTH, type TileAddress } from '../../src/monitoring/proof/log/tiles/tile-address.js';

/** The order is by level, then from left to right. Partial tiles are included. */
export function newTiles(oldSize: number, newSize: number): readonly TileAddress[] {
  const tiles: TileAddress[] = [];
  for (let level = 0; hashesAtLevel(level, newSize) > 0; level++) {
    const [before, now] = [hashesAtLevel(level, oldSize), hashesAtLevel(level, newSize)];
    if (before === now) continue;
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < now; index++) {
      tiles.push({ level, index, width: Math.min(now - index * TILE_WIDTH, TILE_WIDTH) });
    }
  }
  return tiles;
}
