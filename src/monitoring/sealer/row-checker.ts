import { on } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { getOwnPackage } from '../../audit/nest-free.js';
import { clearTimeout, setTimeout } from '../../base/timers.js';
import { ledgerErrors } from '../errors/ledger.errors.js';
import { TIMING } from '../store/timing.js';
import type { CheckedPart, RowOfLines } from './check-rows.js';

export interface WorkerRequest {
  readonly rows: readonly RowOfLines[];
  readonly keys: readonly Uint8Array[];
  /** Gets the parts, and then `undefined`. */
  readonly answers: MessagePort;
}

/** Where the thread's file is: in the package, and in a build of its sources. */
const FILES = ['dist/check-thread.js', 'dist/src/monitoring/sealer/check-thread.js'];

/**
 * Checks and seals rows in a thread, so that the requests of the application need not wait for it. The thread keeps no state, so all
 * sequencers of a process share one. It starts with the first row, and ends after a minute without one.
 */
class RowChecker {
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private checks = 0;

  get isRunning(): boolean {
    return this.worker !== undefined;
  }

  /** @throws `AUDIT_CHECK_THREAD_FAILED` if the thread has no file */
  findFile(): string {
    const folder = getOwnPackage()?.folder;
    const file =
      folder === undefined ? undefined : FILES.map((name) => join(folder, name)).find((name) => existsSync(name));
    if (file === undefined) throw ledgerErrors.AUDIT_CHECK_THREAD_FAILED.noFile();
    return file;
  }

  /**
   * Yields the parts of a batch, in their order.
   *
   * @param keys the keys of the writers
   * @throws `AUDIT_CHECK_THREAD_FAILED` if the thread cannot start, or ends before its work is done. The next call starts another thread
   */
  async *check(rows: readonly RowOfLines[], keys: readonly Uint8Array[]): AsyncGenerator<CheckedPart> {
    const worker = (this.worker ??= this.start());
    clearTimeout(this.idle);
    this.checks++;
    const ended = new AbortController();
    const fail = (why: unknown): void => ended.abort(why);
    worker.once('error', fail).once('exit', fail);
    const { port1: parts, port2: answers } = new MessageChannel();
    try {
      worker.postMessage({ rows, keys, answers } satisfies WorkerRequest, [answers]);
      for await (const [part] of on(parts, 'message', { signal: ended.signal })) {
        if (part === undefined) return;
        yield part as CheckedPart; // the thread posts this type
      }
    } catch (error) {
      throw ended.signal.aborted ? ledgerErrors.AUDIT_CHECK_THREAD_FAILED.ended(ended.signal.reason) : error;
    } finally {
      parts.close();
      worker.off('error', fail).off('exit', fail);
      this.checks--;
      if (this.checks === 0) this.idle = setTimeout(() => this.end(), TIMING.threadIdleMs).unref();
    }
  }

  private start(): Worker {
    // The thread needs nothing that the application preloads, such as its tracing.
    const worker = new Worker(this.findFile(), { execArgv: [], env: {} });
    worker.unref();
    worker
      .on('error', () => undefined)
      .once('exit', () => {
        if (this.worker === worker) this.worker = undefined;
      });
    return worker;
  }

  private end(): void {
    void this.worker?.terminate();
    this.worker = undefined;
  }
}

export const ROW_CHECKER = new RowChecker();
