import type pg from 'pg';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { DatabaseSource } from './database-source.js';
import { RangeWorkers } from './range-workers.js';
import type { Excused } from './read-range.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

/** Threads that read and hash, each with a connection of its own. */
export interface VerifyThreads {
  readonly count: number;
  /** Of a module that calls `serveRanges()`: a library that is bundled does not know where its own are. */
  readonly file: URL;
}

/** What to read, and how. */
export interface SourceRequest {
  readonly database: string | pg.ClientBase;
  readonly trust: CheckpointTrust;
  /** The same keys for threads, which cannot be given `trust`. */
  readonly verifierKeys: readonly string[];
  readonly excused: Excused;
  /** How many places will be read. */
  readonly places: number;
  readonly threads: VerifyThreads | undefined;
  readonly pageRows: number | undefined;
}

/** Fewer places are read sooner than threads start. */
const RANGE_WORTH_A_THREAD = 16_384;

/** Does `work` with the log of a database, which threads read where that is worth it; they end with it. */
export async function withSource<Result>(
  snapshot: LedgerSession,
  { database, trust, verifierKeys, excused, places, threads, pageRows }: SourceRequest,
  work: (source: DatabaseSource) => Promise<Result>,
): Promise<Result> {
  if (!threads || threads.count <= 1 || typeof database !== 'string' || places <= RANGE_WORTH_A_THREAD) {
    return work(new DatabaseSource(snapshot, trust, excused, undefined, pageRows));
  }
  const start = { connectionUrl: database, snapshotId: await snapshot.snapshotId(), verifierKeys, excused };
  const workers = RangeWorkers.start(threads.count, threads.file, start);
  try {
    return await work(new DatabaseSource(snapshot, trust, excused, { workers, count: threads.count }));
  } finally {
    await workers.close();
  }
}
