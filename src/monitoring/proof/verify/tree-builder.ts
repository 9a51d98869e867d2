import { HASH_BYTES } from '../log/merkle/hashes.js';
import type { TreeFrontier } from '../log/merkle/tree-frontier.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import { LEVELS_PER_TILE } from '../log/tiles/tile-reader.js';
import { toFrontier, type Tile, type TreeEdge } from '../log/tiles/tree-edge.js';

/**
 * Recomputes a tree leaf by leaf. A new leaf takes one hash on average. A root takes about twenty hashes. Also collects the full tiles
 * above level 0.
 */
export class TreeBuilder {
  private constructor(
    private readonly frontier: TreeFrontier,
    private readonly partials: Uint8Array[][],
    private readonly tiles: Tile[] = [],
  ) {}

  static of(edge: TreeEdge): TreeBuilder {
    const partials = edge.partials.map((partial) =>
      Array.from({ length: partial.length / HASH_BYTES }, (_, nth) =>
        partial.slice(nth * HASH_BYTES, (nth + 1) * HASH_BYTES),
      ),
    );
    return new TreeBuilder(toFrontier(edge), partials);
  }

  get size(): number {
    return this.frontier.size;
  }

  append(leafHash: Uint8Array): void {
    this.frontier.append(leafHash, (height, hash) => {
      if (height % LEVELS_PER_TILE === 0) this.addAt(height / LEVELS_PER_TILE, hash);
    });
  }

  root(): Uint8Array {
    return this.frontier.root();
  }

  edge(): TreeEdge {
    return { size: this.size, partials: this.partials.map((hashes) => Buffer.concat(hashes)) };
  }

  /** Returns a copy of the tree that grows independently. */
  clone(): TreeBuilder {
    const partials = this.partials.map((hashes) => [...hashes]);
    return new TreeBuilder(this.frontier.clone(), partials, [...this.tiles]);
  }

  /** Returns the full tiles of level 1 and above that were completed since the last call. */
  takeFullTiles(): readonly Tile[] {
    return this.tiles.splice(0);
  }

  private addAt(level: number, hash: Uint8Array): void {
    const hashes = (this.partials[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    this.partials[level] = [];
    if (level === 0) return;
    const index = Math.floor(this.size / TILE_WIDTH ** (level + 1));
    this.tiles.push({ level, index, width: TILE_WIDTH, hashes: Buffer.concat(hashes) });
  }
}
