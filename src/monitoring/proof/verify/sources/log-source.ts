import type { Act } from '../../../keep/acts/act-note.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import type { TreeHead } from '../../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../../log/merkle/hashes.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';
import type { Announcement } from '../announcement.js';
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

export interface RetirementRange {
  readonly id: string;
  /** The ids of all retired events are smaller than this id. */
  readonly beforeId: string;
  /** Whether all events of the retirement must be missing. */
  readonly isOver: boolean;
  /** Whether a given archive proves the retirement's events. */
  readonly isProven?: boolean;
}

/** The acts that explain missing events and missing personal parts. */
export interface ExplainedLeaf {
  readonly retirements: readonly RetirementRange[];
  /** The numbers of the acts of erasure that explain missing personal parts. */
  readonly erasures: readonly number[];
  /** The indexes of the bundles of files that may be missing. */
  readonly bundles: ReadonlySet<number>;
}

export interface RangeReader {
  /** The number of ranges to read at the same time. */
  readonly concurrency: number;
  readRange(span: LeafSpan): Promise<RangeReading>;
}

export interface EventAct {
  readonly number: number;
  readonly eventId: string;
  readonly note: string;
  /** The id of the event's actor. */
  readonly by?: string | undefined;
  /** Whether an event of the log contains the act, or a line that waits for the log. */
  readonly isCarried: boolean;
  readonly isParked: boolean;
}

export interface LogSource {
  readonly hashSources: readonly HashSource[];
  /** The names of the tables or files, for findings. */
  readonly names: Readonly<Record<'events' | 'leaves' | 'tiles' | 'acts', string>>;
  /** The session that reads the tables; absent for files. */
  readonly tables?: LedgerSession;
  /** Absent for a database. */
  readonly files?: LogFiles;
  /** Reads a tile. If the tile is missing or has too few hashes, the result may be empty or too short. */
  readonly readTile: TileReader;
  withReader<Result>(
    explained: ExplainedLeaf,
    leaves: number,
    work: (reader: RangeReader) => Promise<Result>,
  ): Promise<Result>;
  /** Passes each act, in the order of the numbers, with its content if a known key signed it. Files have only signed acts. */
  eachAct(onAct: (act: EventAct, signed: Act | undefined) => void): Promise<void>;
  /** Reads the notes of the acts of a type, unverified. */
  actNotes(type: string): Promise<readonly string[]>;
  /** Reads the root of the stored checkpoint of a size; `undefined` if none is stored, or no known key signed it. */
  signedRoot(size: number): Promise<Uint8Array | undefined>;
}

export interface LogFiles {
  /** Finds the missing bundles whose tile exists, ascending, and the announcements of retirements by their indexes in the log. */
  findMissing(): Promise<{
    readonly missing: readonly number[];
    readonly announcements: ReadonlyMap<number, Announcement>;
  }>;
}

const ZERO_HASH = new Uint8Array(HASH_BYTES);

/** Returns the hash that most sources of a leaf have. In a tie, the first source wins. Without any source, returns zeros. */
export function selectMajorityHash(reading: LeafReading): Uint8Array {
  let best: Uint8Array = ZERO_HASH;
  let max = 0;
  for (const source of HASH_SOURCES) {
    const hash = reading[source];
    if (!hash || (max > 0 && isSameHash(hash, best))) continue;
    const votes = HASH_SOURCES.filter((other) => isSameHash(reading[other] ?? ZERO_HASH, hash)).length;
    if (votes > max) [best, max] = [hash, votes];
  }
  return best;
}
