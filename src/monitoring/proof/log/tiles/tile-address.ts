export const TILE_WIDTH = 256;

/** The address of a tile: its level, its index in that level from the left, and its number of hashes (256 in a full tile). */
export interface TileAddress {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Returns the number of hashes in all tiles of a level, in a tree of `size` leaves. */
export function hashesAtLevel(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Returns the number of hashes in a tile, in a tree of `size` leaves; 0 if the tree does not have the tile. */
export function computeTileWidth(level: number, index: number, size: number): number {
  return Math.min(Math.max(hashesAtLevel(level, size) - index * TILE_WIDTH, 0), TILE_WIDTH);
}
