export const TILE_WIDTH = 256;

/** The address of a tile: the `index`-th of its level, from the left, in its form with `width` hashes (256 if it is full). */
export interface TileAddress {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** The number of hashes in all tiles of a level, in a tree of that size. */
export function hashesAtLevel(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The number of hashes in a tile, in a tree of that size; 0 if the tree has no such tile. */
export function tileWidth(level: number, index: number, size: number): number {
  return Math.min(Math.max(hashesAtLevel(level, size) - index * TILE_WIDTH, 0), TILE_WIDTH);
}
