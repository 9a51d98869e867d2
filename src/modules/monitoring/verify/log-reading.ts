import type { TreeHead } from '../log/merkle/consistency.js';
import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import type { Finding } from './finding.js';

/** What says which hash a leaf has: the event's row computed again, the row's own column, the leaf's row, the tile. */
export const WITNESSES = ['row', 'own', 'leaf', 'tile'] as const;

export type Witness = (typeof WITNESSES)[number];

/** What each says of one place. Absent where there is nothing. */
export interface PlaceReading extends Partial<Readonly<Record<Witness, Uint8Array>>> {
  readonly index: number;
  readonly eventId?: string;
  /** A column that alone explains why the row's hash is another. */
  readonly column?: string;
  /** Whether its row is gone by an announced retirement. */
  readonly isRetired?: boolean;
  /** Why no hash could be made of the row. */
  readonly unreadable?: string;
}

/** The places from `from` to before `to`. */
export interface RangeReading {
  readonly from: number;
  readonly to: number;
  /** What most say of each place, 32 bytes each. */
  readonly hashes: Uint8Array;
  /** The places of which not all say the same. */
  readonly differing: readonly PlaceReading[];
  /** What is wrong whatever the tree says. */
  readonly findings: readonly Finding[];
  /** The checkpoints of sizes from `from + 1` to `to` that a known key signed, by size. */
  readonly heads: readonly TreeHead[];
  /** How many events had their personal part erased. */
  readonly erased: number;
  /** How many events were retired. */
  readonly retired: number;
  /** How many of those an archive proves that was read. */
  readonly proven: number;
}

/** Where a log is read from. */
export interface LogSource {
  /** Which of the witnesses there are. */
  readonly witnesses: readonly Witness[];
  /** What the places and tiles are found in, for findings. */
  readonly names: { readonly events: string; readonly leaves: string; readonly tiles: string };
  /** Up to so many at once. */
  readonly concurrency: number;
  readRange(from: number, to: number): Promise<RangeReading>;
  /** The stored tile, at least that wide; `undefined` without one. */
  readTile(level: number, index: number, width: number): Promise<Uint8Array | undefined>;
}

const NOTHING = new Uint8Array(HASH_BYTES);

/** The hash that most witnesses of a place name; of as many, the first one's; zeros when none says anything. */
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
