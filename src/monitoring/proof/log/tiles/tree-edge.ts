import type { TreeHead } from '../merkle/verify-consistency.js';
import { HASH_BYTES } from '../merkle/hashes.js';
import { TreeFrontier } from '../merkle/tree-frontier.js';
import { listPerfectNodes } from '../merkle/tree-shape.js';
import { hashesAtLevel, TILE_WIDTH, type TileAddress } from './tile-address.js';
import { readFullTile, toTileSlice, computeSubtreeRoot, type TileReader } from './tile-reader.js';

/** A tile with its hashes, which have `width` × 32 bytes. */
export interface Tile extends TileAddress {
  readonly hashes: Uint8Array;
}

/** The right edge of a tree, from which the tree can grow. An edge is immutable, so it stays valid if storing a larger tree fails. */
export interface TreeEdge {
  readonly size: number;
  /** The concatenated hashes of each level's partial tile, from level 0 up. The array is empty for a level without a partial tile. */
  readonly partials: readonly Uint8Array[];
}

export const EMPTY_EDGE: TreeEdge = Object.freeze({ size: 0, partials: Object.freeze([]) });

/**
 * Reads the edge of a stored tree from its partial tiles.
 *
 * @throws `AUDIT_TILE_INVALID`, and the errors of `readTile`
 */
export async function readEdge(size: number, readTile: TileReader): Promise<TreeEdge> {
  const partials = listLevels(size).map(async (level) => {
    const hashes = hashesAtLevel(level, size);
    if (hashes % TILE_WIDTH === 0) return new Uint8Array();
    return readFullTile(level, Math.floor(hashes / TILE_WIDTH), size, readTile);
  });
  return { size, partials: await Promise.all(partials) };
}

/**
 * Adds leaves to a tree. Returns the new edge, and all new or wider tiles, including partial tiles: from level 0 up, and from left to
 * right.
 */
export function extendEdge(
  edge: TreeEdge,
  leafHashes: readonly Uint8Array[],
): { readonly edge: TreeEdge; readonly tiles: readonly Tile[] } {
  const tiles: Tile[] = [];
  const size = edge.size + leafHashes.length;
  const partials: Uint8Array[] = [];
  let added: readonly Uint8Array[] = leafHashes;
  for (const level of listLevels(size)) {
    const above: Uint8Array[] = [];
    const hashes = Buffer.concat([edge.partials[level] ?? new Uint8Array(), ...added]);
    const first = Math.floor(hashesAtLevel(level, edge.size) / TILE_WIDTH);
    const full = Math.floor(hashes.length / (TILE_WIDTH * HASH_BYTES));
    for (let nth = 0; nth < full; nth++) {
      const tile = hashes.subarray(nth * TILE_WIDTH * HASH_BYTES, (nth + 1) * TILE_WIDTH * HASH_BYTES);
      tiles.push({ level, index: first + nth, width: TILE_WIDTH, hashes: tile });
      above.push(computeSubtreeRoot(tile, 0, TILE_WIDTH));
    }
    const partial = new Uint8Array(hashes.subarray(full * TILE_WIDTH * HASH_BYTES)); // a copy, so that the large buffer can be freed
    partials.push(partial);
    if (partial.length > 0 && added.length > 0) {
      tiles.push({ level, index: first + full, width: partial.length / HASH_BYTES, hashes: partial });
    }
    added = above;
  }
  return { edge: { size, partials }, tiles };
}

export function computeEdgeRoot(edge: TreeEdge): Uint8Array {
  return toFrontier(edge).root();
}

export function toTreeHead(edge: TreeEdge): TreeHead {
  return { size: edge.size, rootHash: computeEdgeRoot(edge) };
}

export function toFrontier({ size, partials }: TreeEdge): TreeFrontier {
  // Every perfect subtree is in a partial tile, because a subtree in a full tile is a part of a larger subtree.
  const slices = listPerfectNodes({ start: 0, end: size }).map(toTileSlice);
  return new TreeFrontier(
    size,
    slices.map(({ level, from, length }) => computeSubtreeRoot(partials[level] ?? new Uint8Array(), from, length)),
  );
}

function listLevels(size: number): readonly number[] {
  const levels: number[] = [];
  for (let level = 0; hashesAtLevel(level, size) > 0; level++) levels.push(level);
  return levels;
}
