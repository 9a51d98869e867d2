import { HASH_BYTES } from '../log/merkle/hashes.js';
import { rootOfSubtrees, TreeFrontier } from '../log/merkle/tree-frontier.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { Tile, TreeEdge } from '../log/tiles/tree-edge.js';

/** The tiles of one level while they fill: the frontier of the partial tile, and its hashes. */
interface Level {
  frontier: TreeFrontier;
  hashes: Uint8Array[];
  fullTiles: number;
}

/**
 * Recomputes a tree leaf by leaf, and gives its root at any size: one hash for each leaf, about twenty for a root. It also returns the full
 * tiles above the leaves once they are complete.
 */
export class TileTower {
  private constructor(
    private readonly levels: Level[],
    private leaves: number,
    private tiles: Tile[],
  ) {}

  /** Makes the tree with that edge. */
  static of({ size, partials }: TreeEdge): TileTower {
    const levels = partials.map((partial, level) => {
      const hashes = Array.from({ length: partial.length / HASH_BYTES }, (_, nth) =>
        partial.slice(nth * HASH_BYTES, (nth + 1) * HASH_BYTES),
      );
      const frontier = TreeFrontier.empty();
      for (const hash of hashes) frontier.append(hash);
      return { frontier, hashes, fullTiles: Math.floor(size / TILE_WIDTH ** (level + 1)) };
    });
    return new TileTower(levels, size, []);
  }

  get size(): number {
    return this.leaves;
  }

  append(leafHash: Uint8Array): void {
    this.leaves += 1;
    this.appendAt(0, leafHash);
  }

  root(): Uint8Array {
    return rootOfSubtrees(this.levels.toReversed().flatMap(({ frontier }) => frontier.hashes));
  }

  edge(): TreeEdge {
    return { size: this.leaves, partials: this.levels.map(({ hashes }) => Buffer.concat(hashes)) };
  }

  /** A copy of the tree that grows independently. */
  clone(): TileTower {
    const levels = this.levels.map(({ frontier, hashes, fullTiles }) => ({
      frontier: TreeFrontier.of(frontier.size, frontier.hashes),
      hashes: [...hashes],
      fullTiles,
    }));
    return new TileTower(levels, this.leaves, [...this.tiles]);
  }

  /** The full tiles of level 1 and above that were completed since the last call. */
  takeFullTiles(): readonly Tile[] {
    const taken = this.tiles;
    this.tiles = [];
    return taken;
  }

  private appendAt(height: number, hash: Uint8Array): void {
    const level = (this.levels[height] ??= { frontier: TreeFrontier.empty(), hashes: [], fullTiles: 0 });
    level.frontier.append(hash);
    level.hashes.push(hash);
    if (level.hashes.length < TILE_WIDTH) return;
    if (height > 0) {
      const tile = { level: height, index: level.fullTiles, width: TILE_WIDTH, hashes: Buffer.concat(level.hashes) };
      this.tiles.push(tile);
    }
    const root = level.frontier.root();
    level.frontier = TreeFrontier.empty();
    level.hashes = [];
    level.fullTiles += 1;
    this.appendAt(height + 1, root);
  }
}
