import { HASH_BYTES, hashChildren } from '../merkle/hashes.js';
import { rootOfSubtrees } from '../merkle/tree-frontier.js';
import { inclusionRanges, perfectNodesOf, type LeafRange } from '../merkle/tree-shape.js';
import { TILE_WIDTH } from './tile-address.js';
import { hashRanges, readWholeTile, type TileReader } from './tile-reader.js';

/** Up to 256 adjacent leaves: the hashes of the subtrees within, by their height, and the hashes from there up to the root. */
interface LeafBlock {
  readonly subtrees: readonly (readonly Uint8Array[])[];
  readonly above: readonly Uint8Array[];
}

/** The number of blocks of 256 leaves that are kept, some 30 KB each. Proofs usually concern leaves that lie near one another. */
const MOST_BLOCKS = 64;

/** The number of kept tiles above the leaves: there are few, and each covers many blocks. */
const MOST_TILES = 256;

/**
 * Makes inclusion proofs for many leaves of one tree of `size` leaves. They equal those of {@link proveInclusion}, at the cost of one hash
 * for each leaf. The content of tiles is not checked.
 */
export class InclusionProver {
  private readonly blocks = new Map<number, LeafBlock>();
  private readonly tiles = new Map<string, Promise<Uint8Array>>();

  constructor(
    private readonly size: number,
    private readonly readTile: TileReader,
  ) {}

  /**
   * Reads the tiles for the proof of a leaf; returns `undefined` if they are in memory.
   *
   * @throws OutsideTreeError (`AUDIT_TREE_RANGE_INVALID`), InvalidTileError (`AUDIT_TILE_INVALID`); what the reader rejects with
   */
  prepare(index: number): Promise<void> | undefined {
    const nth = Math.floor(index / TILE_WIDTH);
    const block = this.blocks.get(nth);
    if (!block) return this.read(nth, index);
    this.blocks.delete(nth); // makes it the most recently used
    this.blocks.set(nth, block);
    return undefined;
  }

  /** The hashes from the leaf's sibling up to the root's child. Call `prepare` first. */
  prove(index: number): readonly Uint8Array[] {
    const nth = Math.floor(index / TILE_WIDTH);
    const { subtrees, above } = this.blocks.get(nth) ?? { subtrees: [], above: [] };
    const first = nth * TILE_WIDTH;
    const within = inclusionRanges(index, this.size).filter((range) => isWithin(range, nth));
    const hashes = within.map(({ start, end }) => {
      const nodes = perfectNodesOf({ start: start - first, end: end - first });
      return rootOfSubtrees(nodes.map(({ height, index: at }) => subtrees[height]?.[at] ?? new Uint8Array()));
    });
    return [...hashes, ...above];
  }

  private async read(nth: number, index: number): Promise<void> {
    const { size, readKept } = this;
    const ranges = inclusionRanges(index, size).filter((range) => !isWithin(range, nth));
    const [above, tile] = await Promise.all([
      hashRanges(ranges, size, readKept),
      readWholeTile(0, nth, size, this.readTile),
    ]);
    this.blocks.set(nth, { subtrees: subtreesOf(tile), above });
    forgetFirst(this.blocks, MOST_BLOCKS);
  }

  private readonly readKept: TileReader = (level, index, width) => {
    const key = `${level}/${index}/${width}`;
    const tile = this.tiles.get(key) ?? this.readTile(level, index, width);
    this.tiles.delete(key);
    this.tiles.set(key, tile);
    forgetFirst(this.tiles, MOST_TILES);
    return tile;
  };
}

/** Whether a range beside a leaf lies within its block; a longer range begins or ends at a block's end. */
function isWithin({ start, end }: LeafRange, nth: number): boolean {
  return start >= nth * TILE_WIDTH && end <= (nth + 1) * TILE_WIDTH;
}

function subtreesOf(tile: Uint8Array): readonly (readonly Uint8Array[])[] {
  let hashes = Array.from({ length: tile.length / HASH_BYTES }, (_, nth) =>
    tile.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES),
  );
  const levels = [hashes];
  while (hashes.length > 1) {
    const below = hashes;
    hashes = Array.from({ length: Math.floor(below.length / 2) }, (_, nth) => {
      const [left, right] = below.slice(2 * nth, 2 * nth + 2);
      return left && right ? hashChildren(left, right) : new Uint8Array();
    });
    levels.push(hashes);
  }
  return levels;
}

function forgetFirst<Key>(kept: Map<Key, unknown>, most: number): void {
  if (kept.size <= most) return;
  for (const [first] of kept) {
    kept.delete(first);
    return;
  }
}
