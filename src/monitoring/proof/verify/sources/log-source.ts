import type { TreeHead } from '../../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../../log/merkle/hashes.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';
import type { Finding } from '../finding.js';

/** The sources of a leaf hash: the event's recomputed row, that row's column `leaf_hash`, the row of `audit_leaf`, and the tile. */
export const HASH_SOURCES = ['row', 'own', 'leaf', 'tile'] as const;

export type HashSource = (typeof HASH_SOURCES)[number];

/** The hashes of one leaf, by source. A source that has no hash is absent. */
export interface LeafReading extends Partial<Readonly<Record<HashSource, Uint8Array>>> {
  readonly index: number;
  readonly eventId?: string;
  /** The column whose change alone explains the different hash. */
  readonly column?: string;
  /** Whether an announced retirement removed the event's row. */
  readonly isRetired?: boolean;
  /** The reason why the row cannot be hashed. */
  readonly unreadable?: string;
}

export interface LeafSpan {
  readonly from: number;
  readonly to: number;
}

export interface RangeReading extends LeafSpan {
  /** For each leaf, the hash that most sources have; 32 bytes each. */
  readonly hashes: Uint8Array;
  /** The leaves whose sources differ. */
  readonly differing: readonly LeafReading[];
  /** Findings that do not depend on the tree. */
  readonly findings: readonly Finding[];
  /** The checkpoints of sizes from `from + 1` to `to` that a known key signed, ordered by size. */
  readonly heads: readonly TreeHead[];
  readonly erased: number;
  readonly retired: number;
  /** The number of retired events that a given archive proves. */
  readonly proven: number;
}

export interface LogSource {
  readonly hashSources: readonly HashSource[];
  /** The names of the tables or files, for findings. */
  readonly names: { readonly events: string; readonly leaves: string; readonly tiles: string };
  readonly concurrency: number;
  readRange(from: number, to: number): Promise<RangeReading>;
  /** Reads a tile. If the tile is missing or has too few hashes, the result may be empty or too short. */
  readonly readTile: TileReader;
}

const NOTHING = new Uint8Array(HASH_BYTES);

/** Returns the hash that most sources of a leaf have. In a tie, the first source wins. Without any source, returns zeros. */
export function majorityHash(reading: LeafReading): Uint8Array {
  let best: Uint8Array = NOTHING;
  let most = 0;
  for (const source of HASH_SOURCES) {
    const hash = reading[source];
    if (!hash || (most > 0 && isSameHash(hash, best))) continue;
    const votes = HASH_SOURCES.filter((other) => isSameHash(reading[other] ?? NOTHING, hash)).length;
    if (votes > most) [best, most] = [hash, votes];
  }
  return best;
}

/** Returns the bytes of a column; no bytes if the column is null, which is possible only if somebody dropped its constraint. */
export function storedBytes(value: unknown): Uint8Array {
  return Buffer.isBuffer(value) ? value : new Uint8Array();
}
