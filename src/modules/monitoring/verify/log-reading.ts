import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import type { TileReader } from '../log/tiles/tile-reader.js';
import type { Finding } from './finding.js';

/** The sources of a leaf's hash: the event's recomputed row, the row's own column, the leaf's row, the tile. */
export const WITNESSES = ['row', 'own', 'leaf', 'tile'] as const;

export type Witness = (typeof WITNESSES)[number];

/** The hashes of one place, by source; absent where a source has none. */
export interface PlaceReading extends Partial<Readonly<Record<Witness, Uint8Array>>> {
  readonly index: number;
  readonly eventId?: string;
  /** The only column that explains the row's different hash. */
  readonly column?: string;
  /** Whether an announced retirement removed its row. */
  readonly isRetired?: boolean;
  /** Why the row could not be hashed. */
  readonly unreadable?: string;
}

/** The places from `from` to before `to`. */
export interface Places {
  readonly from: number;
  readonly to: number;
}

export interface RangeReading extends Places {
  /** The hash of each place by majority, 32 bytes each. */
  readonly hashes: Uint8Array;
  /** The places where the sources differ. */
  readonly differing: readonly PlaceReading[];
  /** Findings that do not depend on the tree. */
  readonly findings: readonly Finding[];
  /** The checkpoints of sizes from `from + 1` to `to` that a known key signed, by size. */
  readonly heads: readonly TreeHead[];
  readonly erased: number;
  readonly retired: number;
  /** How many of those an archive proves that was read. */
  readonly proven: number;
}

export interface LogSource {
  readonly witnesses: readonly Witness[];
  /** The names for findings of where places and tiles are found. */
  readonly names: { readonly events: string; readonly leaves: string; readonly tiles: string };
  readonly concurrency: number;
  readRange(from: number, to: number): Promise<RangeReading>;
  /** Reads a tile; one that is missing, or narrower, may be empty or cut: it proves nothing. */
  readonly readTile: TileReader;
}

const NOTHING = new Uint8Array(HASH_BYTES);

/** The hash that most witnesses of a place name; in a tie, that of the first; zeros without any. */
export function mostSay(place: PlaceReading): Uint8Array {
  let best: Uint8Array = NOTHING;
  let most = 0;
  for (const witness of WITNESSES) {
    const hash = place[witness];
    if (!hash || (most > 0 && isSameHash(hash, best))) continue;
    const votes = WITNESSES.filter((other) => isSameHash(place[other] ?? NOTHING, hash)).length;
    if (votes > most) [best, most] = [hash, votes];
  }
  return best;
}

/** The bytes of a column that is never null, unless somebody dropped that constraint. */
export function storedBytes(value: unknown): Uint8Array {
  return Buffer.isBuffer(value) ? value : new Uint8Array();
}
