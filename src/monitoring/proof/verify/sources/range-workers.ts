import { once } from 'node:events';
import { Worker, parentPort, workerData } from 'node:worker_threads';
import type { ExplainedLeaf, LeafSpan, RangeReader, RangeReading } from './log-source.js';
import { readRange } from './read-range.js';
import { buildTrust } from '../judge-checkpoint.js';
import { createVerifierRole } from '../../../store/ledger-roles.js';
import { LedgerSession } from '../../../store/sessions/ledger-session.js';

/** How many threads read and hash the log, and which file they run. */
export interface VerifyWorkers {
  readonly count: number;
  /** The URL of a module that calls `serveRanges()`. The caller must give it, because a bundled library cannot find its own modules. */
  readonly file: URL;
}

export interface RangeWorkerStart {
  readonly connectionUrl: string;
  readonly snapshotId: string;
  readonly verifierKeys: readonly string[];
  readonly explained: ExplainedLeaf;
}

/** Limits the memory of a thread, whatever the number of rows is. */
const LIMITS = { maxYoungGenerationSizeMb: 5, maxOldGenerationSizeMb: 128 };

/** Threads that read and hash ranges of the log. Each thread has its own connection to one common snapshot. */
export class RangeWorkers implements RangeReader {
  private readonly workers: readonly Worker[];
  private readonly idle: Worker[];
  private readonly waiting: ((worker: Worker) => void)[] = [];

  constructor({ count, file }: VerifyWorkers, workerData: RangeWorkerStart) {
    this.workers = Array.from({ length: count }, () => new Worker(file, { workerData, resourceLimits: LIMITS }));
    this.idle = [...this.workers];
  }

  /** The number of ranges to read at the same time: one for each thread, and one that is checked. */
  get concurrency(): number {
    return this.workers.length + 1;
  }

  /** Reads a range in the first free thread. Rejects with the thread's error. */
  async readRange(range: LeafSpan): Promise<RangeReading> {
    const worker = this.idle.pop() ?? (await new Promise<Worker>((resolve) => this.waiting.push(resolve)));
    try {
      const message = once(worker, 'message'); // rejects if an error ends the thread
      worker.postMessage(range);
      const [reading] = (await message) as [RangeReading]; // serveRanges() posts this type
      return reading;
    } finally {
      const next = this.waiting.shift();
      if (next) next(worker);
      else this.idle.push(worker);
    }
  }

  /** Ends the threads, even during their work. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

/** Reads the requested ranges, in a thread that {@link RangeWorkers} started, until the thread is terminated. An error ends the thread. */
export function serveRanges(): void {
  const { connectionUrl, snapshotId, verifierKeys, explained } = workerData as RangeWorkerStart; // only RangeWorkers sets it
  const trust = buildTrust(verifierKeys);
  let snapshot: LedgerSession | undefined;
  const respond = async (range: LeafSpan): Promise<void> => {
    snapshot ??= await LedgerSession.open(connectionUrl, createVerifierRole(snapshotId));
    parentPort?.postMessage(await readRange(snapshot, range, { trust, ...explained }));
  };
  parentPort?.on('message', (range: LeafSpan) => void respond(range));
}
