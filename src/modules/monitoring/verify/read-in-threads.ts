import type pg from 'pg';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { DatabaseSource } from './database-source.js';
import { RangeWorkers } from './range-workers.js';
import type { Excused } from './read-range.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

/** Threads that read and hash, each with a connection of its own. */
export interface VerifyThreads {
  readonly count: number;
  /** The URL of a module that calls `serveRanges()`; a bundled library does not know where its own modules are. */
  readonly file: URL;
}

/** The log to read, and how to read it. */
export interface SourceRequest {
  readonly database: string | pg.ClientBase;
  readonly trust: CheckpointTrust;
  /** The verifier keys for threads, which cannot be given `trust`. */
  readonly verifierKeys: readonly string[];
  readonly excused: Excused;
  /** The number of places to read. */
  readonly places: number;
  readonly threads: VerifyThreads | undefined;
  readonly pageRows: number | undefined;
}

/** A range of fewer places is read sooner than threads start. */
const RANGE_WORTH_A_THREAD = 16_384;

/** Runs `work` with the log of a database; threads read it if that is worth it, and end with it. */
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
