import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError, parseJson } from '../../../../audit/plain.js';
import { orNone } from '../../../errors/file-error.js';
import { HASH_BYTES, hashLeaf, isSameHash } from '../../log/merkle/hashes.js';
import { encodeHex } from '../../log/notes/encoding.js';
import { decodeBundle } from '../../log/tiles/entry-bundle.js';
import { TILE_WIDTH, tileWidth } from '../../log/tiles/tile-address.js';
import { tilePath } from '../../log/tiles/tile-path.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';
import type { Announcement } from '../announcement.js';
import { majorityHash, type LogSource, type LeafReading, type RangeReading, type HashSource } from './log-source.js';
import { constants } from 'node:fs';

/** A downloaded log: `checkpoint`, `tile/<level>/…` and `tile/entries/…`, with the names of tlog-tiles, and optionally `retirements/…`. */
export class FolderSource implements LogSource {
  readonly hashSources: readonly HashSource[] = ['row', 'tile'];
  readonly names = { events: 'tile/entries', leaves: 'tile/entries', tiles: 'tile' };
  readonly concurrency = 2;
  /** The announcements of retirements that were read so far, by their indexes in the log. */
  readonly announcements = new Map<number, Announcement>();
  private readonly missing: number[] = [];

  /** @param announced the announcements in the log, by their leaf hashes in hexadecimal */
  constructor(
    private readonly folder: string,
    private readonly size: number,
    private readonly announced: ReadonlyMap<string, Announcement>,
  ) {}

  async readRange(from: number, to: number): Promise<RangeReading> {
    const hashes = Buffer.alloc((to - from) * HASH_BYTES);
    const differing: LeafReading[] = [];
    for (let first = from - (from % TILE_WIDTH); first < to; first += TILE_WIDTH) {
      const index = first / TILE_WIDTH;
      const width = tileWidth(0, index, this.size);
      const tile = await this.readTile(0, index, width);
      this.findAnnouncements(first, tile);
      const bundle = await this.readResource(tilePath({ level: 'entries', index, width }));
      if (!bundle && tile.length > 0) {
        // Whether the bundle may be missing is known only after all announcements are read. Until then, the hashes in the tile are used.
        hashes.set(tile, (first - from) * HASH_BYTES);
        this.missing.push(index);
        continue;
      }
      const entries = bundle ? this.decode(bundle, width) : whyMissing(index, width);
      for (let nth = Math.max(from - first, 0); nth < Math.min(width, to - first); nth++) {
        const reading = readingOf(first + nth, entries, tile, nth);
        hashes.set(majorityHash(reading), (reading.index - from) * HASH_BYTES);
        if (!reading.row || !reading.tile || !isSameHash(reading.row, reading.tile)) differing.push(reading);
      }
    }
    return { from, to, hashes, differing, findings: [], heads: [], erased: 0, retired: 0, proven: 0 };
  }

  /** The indexes of missing bundles whose tile exists, ascending. The list is complete after all ranges are read. */
  get missingBundles(): readonly number[] {
    return this.missing.toSorted((one, other) => one - other);
  }

  async leavesOfMissing(index: number): Promise<readonly LeafReading[]> {
    const width = tileWidth(0, index, this.size);
    const tile = await this.readTile(0, index, width);
    const seen = whyMissing(index, width);
    return Array.from({ length: width }, (_, nth) => readingOf(index * TILE_WIDTH + nth, seen, tile, nth));
  }

  readonly readTile: TileReader = async (level, index, width) => {
    const tile = await this.readResource(tilePath({ level, index, width }));
    return tile?.length === width * HASH_BYTES ? tile : new Uint8Array();
  };

  private decode(bundle: Uint8Array, width: number): readonly Uint8Array[] | string {
    try {
      return decodeBundle(bundle, width);
    } catch (error) {
      if (error instanceof AuditError) return error.message;
      throw error;
    }
  }

  private findAnnouncements(first: number, tile: Uint8Array): void {
    if (this.announced.size === 0) return;
    for (let at = 0; at < tile.length; at += HASH_BYTES) {
      const announcement = this.announced.get(encodeHex(tile.subarray(at, at + HASH_BYTES)));
      if (announcement) this.announcements.set(first + at / HASH_BYTES, announcement);
    }
  }

  private async readResource(path: string): Promise<Uint8Array | undefined> {
    return orNone(readLogFile(join(this.folder, path)));
  }
}

function whyMissing(index: number, width: number): string {
  return `the file ${tilePath({ level: 'entries', index, width })} is missing`;
}

function readingOf(index: number, entries: readonly Uint8Array[] | string, tile: Uint8Array, nth: number): LeafReading {
  const hash = tile.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES);
  const known = { index, ...(hash.length === HASH_BYTES ? { tile: hash } : {}) };
  if (typeof entries === 'string') return { ...known, unreadable: entries };
  const row = hashLeaf(entries[nth] ?? new Uint8Array());
  if (known.tile && isSameHash(row, known.tile)) return { ...known, row };
  const eventId = eventIdOf(entries[nth]);
  return { ...known, row, ...(eventId === undefined ? {} : { eventId }) };
}

/** Use the id for findings only, because an altered entry may contain anything. */
function eventIdOf(entry: Uint8Array | undefined): string | undefined {
  try {
    const { id } = parseJson(Buffer.from(entry ?? []).toString()) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a file of a downloaded log. Rejects with the file system's error, or if the path is not a regular file. */
export async function readLogFile(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
