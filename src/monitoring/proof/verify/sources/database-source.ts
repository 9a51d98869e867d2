import type pg from 'pg';
import { HASH_BYTES } from '../../log/merkle/hashes.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { HASH_SOURCES, type LogSource, type RangeReading, storedBytes } from './log-source.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';
import { RangeWorkers, type VerifyThreads } from './range-workers.js';
import { type Explained, readRange } from './read-range.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

const TILE = 'SELECT substring(hashes FROM 1 FOR $3) AS hashes FROM audit_tile WHERE level = $1 AND index = $2';

export class DatabaseSource implements LogSource {
  readonly hashSources = HASH_SOURCES;
  readonly names = { events: 'audit_event', leaves: 'audit_leaf', tiles: 'audit_tile' };

  /**
   * @param explained the acts that explain missing events and missing personal parts
   * @param threads the threads that read the ranges; without threads, the current thread reads `pageRows` leaves at a time
   */
  constructor(
    private readonly snapshot: LedgerSession,
    private readonly trust: CheckpointTrust,
    private readonly explained: Explained = { retirements: [], erasures: [] },
    private readonly pageRows?: number,
    private readonly threads?: RangeWorkers,
  ) {}

  get concurrency(): number {
    return this.threads?.concurrency ?? 1;
  }

  async readRange(from: number, to: number): Promise<RangeReading> {
    if (this.threads) return this.threads.readRange({ from, to });
    const { trust, explained, pageRows } = this;
    return readRange(this.snapshot, { from, to }, { trust, ...explained, pageRows });
  }

  readonly readTile: TileReader = async (level, index, width) => {
    const [row] = await this.snapshot.rows(TILE, [level, index, width * HASH_BYTES], 'verify_tile');
    return storedBytes(row?.hashes);
  };
}

interface SourceRequest {
  readonly database: string | pg.ClientBase;
  readonly trust: CheckpointTrust;
  /** The verifier keys for the threads, because `trust` cannot be sent to a thread. */
  readonly verifierKeys: readonly string[];
  readonly explained: Explained;
  readonly leaves: number;
  readonly threads: VerifyThreads | undefined;
  readonly pageRows: number | undefined;
}

/** Up to this number of leaves, reading the log takes less time than starting threads. */
const RANGE_WORTH_A_THREAD = 16_384;

/** Runs `work` with the log of a database. Threads read a long log, and end after `work`. */
export async function withSource<Result>(
  snapshot: LedgerSession,
  { database, trust, verifierKeys, explained, leaves, threads, pageRows }: SourceRequest,
  work: (source: DatabaseSource) => Promise<Result>,
): Promise<Result> {
  if (!threads || threads.count <= 1 || typeof database !== 'string' || leaves <= RANGE_WORTH_A_THREAD) {
    return work(new DatabaseSource(snapshot, trust, explained, pageRows));
  }
  const start = { connectionUrl: database, snapshotId: await snapshot.snapshotId(), verifierKeys, explained };
  const workers = new RangeWorkers(threads, start);
  try {
    return await work(new DatabaseSource(snapshot, trust, explained, undefined, workers));
  } finally {
    await workers.close();
  }
}
