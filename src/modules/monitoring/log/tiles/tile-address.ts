import { OutsideTreeError } from '../merkle/merkle.error.js';
import { isSize } from '../merkle/tree-shape.js';

/** The number of hashes in a full tile. */
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

/** The partial tiles of a tree of that size, which form its right edge, from level 0 up. */
export function partialTilesOf(size: number): readonly TileAddress[] {
  return newTiles(0, size).filter(({ width }) => width < TILE_WIDTH);
}

/**
 * The tiles that are new, or wider, since the tree was smaller: level by level from 0 up, from left to right, including partial ones. Those
 * of level 0 also stand for bundles of entries.
 *
 * @throws OutsideTreeError (`AUDIT_TREE_RANGE_INVALID`) unless 0 <= oldSize <= newSize
 */
export function newTiles(oldSize: number, newSize: number): readonly TileAddress[] {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) throw OutsideTreeError.ofTree(oldSize, newSize);
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
