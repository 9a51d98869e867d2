import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError, errorCode } from '../../../../audit/index.js';
import { HASH_BYTES, hashLeaf, isSameHash } from '../merkle/index.js';
import { decodeBundle, TILE_WIDTH, tilePath, tileWidth } from '../tiles/index.js';
import type { LogSource, PlaceReading, RangeReading, Witness } from './log-reading.js';
import { mostSay } from './most-say.js';

/** A log as it was downloaded: `checkpoint`, `tile/<level>/…` and `tile/entries/…`, as tlog-tiles names them. */
export class FolderSource implements LogSource {
  readonly witnesses: readonly Witness[] = ['row', 'tile'];
  readonly names = { events: 'tile/entries', leaves: 'tile/entries', tiles: 'tile' };
  readonly concurrency = 2;

  constructor(
    private readonly folder: string,
    private readonly size: number,
  ) {}

  async readRange(from: number, to: number): Promise<RangeReading> {
    const hashes = Buffer.alloc((to - from) * HASH_BYTES);
    const differing: PlaceReading[] = [];
    for (let first = from - (from % TILE_WIDTH); first < to; first += TILE_WIDTH) {
      const index = first / TILE_WIDTH;
      const width = tileWidth(0, index, this.size);
      const entries = await this.readEntries(index, width);
      const tile = await this.readTile(0, index, width);
      for (let nth = Math.max(from - first, 0); nth < Math.min(width, to - first); nth++) {
        const place = placeOf(first + nth, entries, tile?.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES), nth);
        hashes.set(mostSay(place), (place.index - from) * HASH_BYTES);
        if (!place.row || !place.tile || !isSameHash(place.row, place.tile)) differing.push(place);
      }
    }
    return { from, to, hashes, differing, findings: [], heads: [], erased: 0, retired: 0 };
  }

  async readTile(level: number, index: number, width: number): Promise<Uint8Array | undefined> {
    const tile = await this.readResource(tilePath({ level, index, width }));
    return tile?.length === width * HASH_BYTES ? tile : undefined;
  }

  /** The entries, or why there are none. */
  private async readEntries(index: number, width: number): Promise<readonly Uint8Array[] | string> {
    const path = tilePath({ level: 'entries', index, width });
    const bundle = await this.readResource(path);
    if (!bundle) return `the file ${path} is missing`;
    try {
      return decodeBundle(bundle, width);
    } catch (error) {
      if (error instanceof AuditError) return error.message;
      throw error;
    }
  }

  private async readResource(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.folder, path));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function placeOf(
  index: number,
  entries: readonly Uint8Array[] | string,
  tile: Uint8Array | undefined,
  nth: number,
): PlaceReading {
  const known = { index, ...(tile?.length === HASH_BYTES ? { tile } : {}) };
  if (typeof entries === 'string') return { ...known, unreadable: entries };
  const row = hashLeaf(entries[nth] ?? new Uint8Array());
  if (known.tile && isSameHash(row, known.tile)) return { ...known, row };
  const eventId = eventIdOf(entries[nth]);
  return { ...known, row, ...(eventId === undefined ? {} : { eventId }) };
}

/** Only for findings: an entry that was tampered with may say anything. */
function eventIdOf(entry: Uint8Array | undefined): string | undefined {
  try {
    const { id } = JSON.parse(Buffer.from(entry ?? []).toString()) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
