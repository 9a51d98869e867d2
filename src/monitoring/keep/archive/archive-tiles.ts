import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { isSameHash, HASH_BYTES } from '../../proof/log/merkle/hashes.js';
import { computeInclusionRoot } from '../../proof/log/merkle/verify-inclusion.js';
import { proveInclusion } from '../../proof/log/tiles/prove-inclusion.js';
import { TILE_WIDTH, computeTileWidth } from '../../proof/log/tiles/tile-address.js';
import { parseTilePath, formatTilePath } from '../../proof/log/tiles/tile-path.js';
import type { TileReader } from '../../proof/log/tiles/tile-reader.js';
import type { Tile } from '../../proof/log/tiles/tree-edge.js';
import { parseJson } from '../../../base/json/parse-json.js';
import { hasCode } from '../../../base/errors/error-facts.js';

/**
 * Yields the tiles for the proofs of leaves: first the upper and the partial tiles, then the full tiles of level 0, in ascending order.
 * Each tile is a line of JSON, `{ "path": "tile/0/000", "hashes": "<base64>" }`.
 *
 * @param leafTiles the numbers of the tiles of level 0, in ascending order
 */
export async function* generateTileLines(
  leafTiles: Iterable<number>,
  size: number,
  readTile: TileReader,
): AsyncIterable<string> {
  const supports = new Map<string, Tile>();
  const leaves: number[] = [];
  for (const nth of leafTiles) {
    leaves.push(nth);
    await proveInclusion(nth * TILE_WIDTH, size, async (level, index, width) => {
      const path = formatTilePath({ level, index, width });
      const known = supports.get(path);
      if (known) return known.hashes;
      const hashes = await readTile(level, index, width);
      if (isSupport({ level, width })) supports.set(path, { level, index, width, hashes });
      return hashes;
    });
  }
  for (const tile of supports.values()) yield formatTileLine(tile);
  for (const index of leaves) {
    const width = computeTileWidth(0, index, size);
    if (supports.has(formatTilePath({ level: 0, index, width }))) continue;
    yield formatTileLine({ level: 0, index, width, hashes: await readTile(0, index, width) });
  }
}

/** Reads the lines of {@link generateTileLines}. Only one tile of level 0 is in memory at a time. */
export class ArchivedTiles {
  private readonly supports = new Map<string, Uint8Array>();
  private next: Tile | undefined;
  private invalid = 0;

  constructor(
    private readonly lines: AsyncIterator<string>,
    private readonly head: TreeHead,
  ) {}

  /**
   * Returns the hashes of a tile of level 0 if they match the signed root; `undefined` for a missing or changed tile. Call this method in
   * ascending order of `nth`.
   */
  async provenTile(nth: number): Promise<Uint8Array | undefined> {
    const { size, rootHash } = this.head;
    const index = nth * TILE_WIDTH;
    const tile = index < size ? await this.leafTile(nth) : undefined;
    if (!tile) return undefined;
    try {
      const hashes = await proveInclusion(index, size, (level, at, width) =>
        Promise.resolve(
          level === 0 && at === nth ? tile : (this.supports.get(toTileKey(level, at, width)) ?? new Uint8Array()),
        ),
      );
      const root = computeInclusionRoot({ index, size, leafHash: tile.subarray(0, HASH_BYTES), hashes });
      return root && isSameHash(root, rootHash) ? tile : undefined;
    } catch (error) {
      if (hasCode(error, 'AUDIT_TILE_INVALID')) return undefined;
      throw error;
    }
  }

  async drain(): Promise<void> {
    while (await this.read()) this.next = undefined;
  }

  private async leafTile(nth: number): Promise<Uint8Array | undefined> {
    const width = computeTileWidth(0, nth, this.head.size);
    for (let tile = await this.read(); tile; tile = await this.read()) {
      if (!isSupport(tile) && tile.index >= nth) break;
      this.next = undefined;
      const width = isSupport(tile) ? computeTileWidth(tile.level, tile.index, this.head.size) : 0;
      if (width > 0 && tile.hashes.length === width * HASH_BYTES) this.supports.set(formatTilePath(tile), tile.hashes);
    }
    const own = this.next?.index === nth ? this.next.hashes : this.supports.get(toTileKey(0, nth, width));
    return own?.length === width * HASH_BYTES ? own : undefined;
  }

  private async read(): Promise<Tile | undefined> {
    if (this.next) return this.next;
    const { value, done = false } = (await this.lines.next()) as IteratorResult<string, undefined>; // the result of a generator
    this.next = done || value === undefined ? undefined : parseTileLine(value);
    if (this.next?.level === Infinity && ++this.invalid > MAX_INVALID) this.next = undefined; // nobody needs the rest
    return this.next;
  }
}

const MAX_INVALID = 1_000;

/** Whether the proofs of leaves in other tiles may need this tile. */
function isSupport({ level, width }: Pick<Tile, 'level' | 'width'>): boolean {
  return level > 0 || width < TILE_WIDTH;
}

function toTileKey(level: number, index: number, width: number): string {
  return formatTilePath({ level, index, width });
}

function formatTileLine({ hashes, ...address }: Tile): string {
  return JSON.stringify({ path: formatTilePath(address), hashes: Buffer.from(hashes).toString('base64') });
}

/** An invalid line becomes a tile that matches no root. */
function parseTileLine(line: string): Tile {
  try {
    const { path, hashes } = parseJson(line) as { path: string; hashes: string }; // if the value has another shape, the next line throws
    const { level, index, width } = parseTilePath(path);
    return { level: Number(level), index, width, hashes: Buffer.from(hashes, 'base64') };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError || hasCode(error, 'AUDIT_TILE_PATH_INVALID')))
      throw error;
    return { level: Infinity, index: 0, width: TILE_WIDTH, hashes: new Uint8Array() };
  }
}
