import { performance } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { busyBeside, shareBeside } from '../monitoring/jobs/drain-pace.js';

/** How long streams compute before the application's other work gets its turn. */
const SLICE_MS = 4;

/** The shares of the event loop that all streams together take from a busy application: the minimum, and the share if they are late. */
const LEAST_SHARE = 0.05;
const LATE_SHARE = 0.3;

/** The delay at which a stream counts as fully late, before the health reports it. */
const LATE_MS = 150_000;

const ADAPT_MS = 100;

/**
 * Paces the streams of an instance so that requests come first. While the application keeps the event loop busy, all streams together take
 * a twentieth of it, and more the later they are. An idle application leaves them the rest, which they take in slices of some milliseconds.
 *
 * Call {@link begin} before computing, and {@link rest} or {@link end} after it, with nothing to wait for in between.
 */
export class StreamThrottle {
  private began = 0;
  private ownMs = 0;
  private adaptedAt = performance.now();
  private loop = performance.eventLoopUtilization();
  private share = 1;
  /** The time until which the streams have used their share in advance. */
  private paidAt = 0;

  /**
   * @param stopped ends every rest
   * @param lateMs how long ago the oldest event was recorded that a stream with an answering destination sent last
   */
  constructor(
    private readonly stopped: AbortSignal,
    private readonly lateMs: () => number = () => 0,
  ) {}

  /** Notes that a stream begins to compute. */
  begin(): void {
    this.began = performance.now();
  }

  /** Whether it has computed for so long that {@link rest} is due. */
  get isDue(): boolean {
    return performance.now() - this.began >= SLICE_MS;
  }

  /** Notes that a stream stops computing and waits. */
  end(): void {
    const now = performance.now();
    const workedMs = now - this.began;
    this.ownMs += workedMs;
    this.paidAt = Math.max(this.paidAt, now) + workedMs * (1 / this.share - 1);
  }

  /** Gives the application's other work its turn. Then the stream may compute again. */
  async rest(): Promise<void> {
    this.end();
    await setImmediate();
    await this.turn();
    this.begin();
  }

  /** Waits until streams may compute again. */
  async turn(): Promise<void> {
    this.adapt();
    const pauseMs = Math.round(this.paidAt - performance.now());
    if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal: this.stopped }).catch(() => undefined);
  }

  private adapt(): void {
    const now = performance.now();
    if (now - this.adaptedAt < ADAPT_MS) return;
    const least = LEAST_SHARE + (LATE_SHARE - LEAST_SHARE) * Math.min(Math.max(this.lateMs(), 0) / LATE_MS, 1);
    this.share = Math.max(
      shareBeside(busyBeside(performance.eventLoopUtilization(this.loop), this.ownMs), LEAST_SHARE),
      least,
    );
    this.loop = performance.eventLoopUtilization();
    this.ownMs = 0;
    this.adaptedAt = now;
  }
}
