import { Worker } from 'node:worker_threads';
import type { RangeReading } from './log-reading.js';
import type { Excused } from './read-range.js';

/** The data with which a thread starts. */
export interface RangeWorkerStart {
  readonly connectionUrl: string;
  readonly snapshotId: string;
  readonly verifierKeys: readonly string[];
  readonly excused: Excused;
}

/** The question to a thread: the places from `from` to before `to`. */
export interface RangeQuestion {
  readonly from: number;
  readonly to: number;
}

/** The answer of a thread, in the order of the questions. */
export type RangeAnswer = { readonly reading: RangeReading } | { readonly error: Error };

/** Limits that keep memory bounded however many rows there are. */
const LIMITS = { maxYoungGenerationSizeMb: 5, maxOldGenerationSizeMb: 128 };

/** Threads that read and hash ranges of places, each over its own connection to one snapshot. */
export class RangeWorkers {
  private readonly idle: Worker[];
  private readonly waiting: ((worker: Worker) => void)[] = [];

  private constructor(private readonly workers: readonly Worker[]) {
    this.idle = [...workers];
  }

  /** @param file the URL of a module that calls `serveRanges()` */
  static start(count: number, file: URL, workerData: RangeWorkerStart): RangeWorkers {
    return new RangeWorkers(
      Array.from({ length: count }, () => new Worker(file, { workerData, resourceLimits: LIMITS })),
    );
  }

  /** Reads a range in the first free thread. Rejects with the thread's error. */
  async readRange(from: number, to: number): Promise<RangeReading> {
    const worker = this.idle.pop() ?? (await new Promise<Worker>((resolve) => this.waiting.push(resolve)));
    try {
      const answer = await ask(worker, { from, to });
      if ('error' in answer) throw answer.error;
      return answer.reading;
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

async function ask(worker: Worker, range: RangeQuestion): Promise<RangeAnswer> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: RangeAnswer): void => settle(() => resolve(answer));
    const onError = (error: unknown): void =>
      settle(() => reject(error instanceof Error ? error : new Error(String(error))));
    const onExit = (): void => onError(new Error('a thread ended early'));
    const settle = (end: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      end();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(range);
  });
}
