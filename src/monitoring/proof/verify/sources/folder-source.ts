import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError } from '../../../../base/errors/audit.error.js';
import { parseJson } from '../../../../base/json/parse-json.js';
import { undefinedIfMissing, readRegular } from '../../../errors/file-error.js';
import { parseAct, type Act } from '../../../keep/acts/act-note.js';
import { HASH_BYTES, hashLeaf, isSameHash } from '../../log/merkle/hashes.js';
import type { TreeHead } from '../../log/merkle/verify-consistency.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { encodeHex } from '../../log/notes/encoding.js';
import { decodeBundle, MAX_BUNDLE_BYTES } from '../../log/tiles/entry-bundle.js';
import { TILE_WIDTH, computeTileWidth } from '../../log/tiles/tile-address.js';
import { formatTilePath } from '../../log/tiles/tile-path.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';
import type { Announcement } from '../announcement.js';
import type { FolderActs } from './folder-acts.js';
import {
  selectMajorityHash,
  type EventAct,
  type ExplainedLeaf,
  type HashSource,
  type LeafReading,
  type LeafSpan,
  type LogFiles,
  type LogSource,
  type RangeReader,
  type RangeReading,
} from './log-source.js';

/** A downloaded log: `checkpoint`, `tile/<level>/…` and `tile/entries/…`, with the names of tlog-tiles, and optionally `retirements/…`. */
export class FolderSource implements LogSource, LogFiles {
  readonly hashSources: readonly HashSource[] = ['row', 'tile'];
  readonly names = { events: 'tile/entries', leaves: 'tile/entries', tiles: 'tile', acts: 'tile/entries' };
  readonly files = this;

  constructor(
    private readonly folder: string,
    private readonly head: TreeHead,
    private readonly contents: FolderActs,
    private readonly trust: CheckpointTrust,
  ) {}

  readonly readTile: TileReader = async (level, index, width) => {
    const tile = await this.readResource(formatTilePath({ level, index, width }));
    return tile?.length === width * HASH_BYTES ? tile : new Uint8Array();
  };

  async withReader<Result>(
    { bundles }: ExplainedLeaf,
    _leaves: number,
    work: (reader: RangeReader) => Promise<Result>,
  ): Promise<Result> {
    return work({ concurrency: 2, readRange: (span) => this.readRange(span, bundles) });
  }

  async eachAct(onAct: (act: EventAct, signed: Act | undefined) => void): Promise<void> {
    const signed = this.contents.acts.flatMap((one) => {
      const act = parseAct(one.note, this.trust);
      return act ? [{ ...one, act }] : [];
    });
    for (const { act, ...one } of signed.toSorted((one, other) => one.act.number - other.act.number))
      onAct({ ...one, number: act.number, isCarried: true, isParked: false }, act);
    return Promise.resolve();
  }

  async actNotes(type: string): Promise<readonly string[]> {
    return Promise.resolve(this.contents.acts.filter((act) => act.type === type).map(({ note }) => note));
  }

  async signedRoot(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async findMissing(): ReturnType<LogFiles['findMissing']> {
    const { announcements: announced } = this.contents;
    const missing: number[] = [];
    const announcements = new Map<number, Announcement>();
    for (let index = 0; announced.size > 0 && index * TILE_WIDTH < this.head.size; index++) {
      const width = computeTileWidth(0, index, this.head.size);
      const tile = await this.readTile(0, index, width);
      for (let at = 0; at < tile.length; at += HASH_BYTES) {
        const announcement = announced.get(encodeHex(tile.subarray(at, at + HASH_BYTES)));
        if (announcement) announcements.set(index * TILE_WIDTH + at / HASH_BYTES, announcement);
      }
      const bundle = join(this.folder, formatTilePath({ level: 'entries', index, width }));
      if (tile.length > 0 && !(await undefinedIfMissing(stat(bundle)))) missing.push(index);
    }
    return { missing, announcements };
  }

  private async readRange({ from, to }: LeafSpan, retired: ReadonlySet<number>): Promise<RangeReading> {
    const hashes = Buffer.alloc((to - from) * HASH_BYTES);
    const differing: LeafReading[] = [];
    let removed = 0;
    for (let first = from - (from % TILE_WIDTH); first < to; first += TILE_WIDTH) {
      const index = first / TILE_WIDTH;
      const width = computeTileWidth(0, index, this.head.size);
      const [start, end] = [Math.max(from, first), Math.min(first + width, to)];
      const tile = await this.readTile(0, index, width);
      const path = formatTilePath({ level: 'entries', index, width });
      const bundle = await this.readResource(path);
      if (!bundle && retired.has(index)) {
        hashes.set(
          tile.subarray((start - first) * HASH_BYTES, (end - first) * HASH_BYTES),
          (start - from) * HASH_BYTES,
        );
        removed += end - start;
        continue;
      }
      const entries = bundle ? decode(bundle, width) : `the file ${path} is missing`;
      for (let leaf = start; leaf < end; leaf++) {
        const reading = toLeafReading(leaf, entries, tile, leaf - first);
        hashes.set(selectMajorityHash(reading), (leaf - from) * HASH_BYTES);
        if (!reading.row || !reading.tile || !isSameHash(reading.row, reading.tile)) differing.push(reading);
      }
    }
    const heads = this.head.size > from && this.head.size <= to ? [this.head] : [];
    return { from, to, hashes, differing, findings: [], heads, erased: 0, retired: removed, proven: 0 };
  }

  private async readResource(path: string): Promise<Uint8Array | undefined> {
    return undefinedIfMissing(readRegular(join(this.folder, path), MAX_BUNDLE_BYTES));
  }
}

function decode(bundle: Uint8Array, width: number): readonly Uint8Array[] | string {
  try {
    return decodeBundle(bundle, width);
  } catch (error) {
    if (error instanceof AuditError) return error.message;
    throw error;
  }
}

function toLeafReading(
  index: number,
  entries: readonly Uint8Array[] | string,
  tile: Uint8Array,
  nth: number,
): LeafReading {
  const hash = tile.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES);
  const known = { index, ...(hash.length === HASH_BYTES ? { tile: hash } : {}) };
  if (typeof entries === 'string') return { ...known, unreadable: entries };
  const row = hashLeaf(entries[nth] ?? new Uint8Array());
  if (known.tile && isSameHash(row, known.tile)) return { ...known, row };
  const eventId = parseEventId(entries[nth]);
  return { ...known, row, ...(eventId === undefined ? {} : { eventId }) };
}

/** Use the id for findings only, because an altered entry may contain anything. */
function parseEventId(entry: Uint8Array | undefined): string | undefined {
  try {
    const { id } = parseJson(Buffer.from(entry ?? []).toString()) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
