import { performance } from 'node:perf_hooks';
import { nextTurn as setImmediate, pause as setTimeout } from '../../audit/nest-free.js';
import { measureOtherLoad, computeShare } from '../../monitoring/operate/jobs/drain-pace.js';

const SLICE_MS = 4;

/** The minimum share of a busy event loop for all streams together: normally, and if streams are late. */
const MIN_SHARE = 0.05;
const LATE_SHARE = 0.3;

/** At this lag, the minimum share reaches {@link LATE_SHARE}. The health check reports only a longer lag. */
const LATE_MS = 150_000;

const ADAPT_MS = 100;

/**
 * Backpressure: throttles the streams of an instance, so that requests come first. In a busy application, all streams together use a twentieth of the event loop, and
 * more if they are late. In an idle application, the streams use the whole event loop, in slices of a few milliseconds.
 *
 * Call {@link begin} before computing, and {@link rest} or {@link end} afterwards. Do not await anything in between.
 */
export class StreamThrottle {
  private began = 0;
  private ownMs = 0;
  private adaptedAt = performance.now();
  private loop = performance.eventLoopUtilization();
  private share = 1;
  /** The time from which the streams may compute again. */
  private paidAt = 0;

  /**
   * @param stopped a signal whose abort ends every wait
   * @param lateMs returns the largest lag of streams whose destinations answer
   */
  constructor(
    private readonly stopped: AbortSignal,
    private readonly lateMs: () => number = () => 0,
  ) {}

  /** Notes that a stream begins to compute. */
  begin(): void {
    this.began = performance.now();
  }

  /** Whether the stream must call {@link rest} now. */
  get isDue(): boolean {
    return performance.now() - this.began >= SLICE_MS;
  }

  /** Notes that a stream stops computing. */
  end(): void {
    const now = performance.now();
    const workedMs = now - this.began;
    this.ownMs += workedMs;
    this.paidAt = Math.max(this.paidAt, now) + workedMs * (1 / this.share - 1);
  }

  /** Yields to the application, then begins to compute again. */
  async rest(): Promise<void> {
    this.end();
    await setImmediate();
    await this.acquire();
    this.begin();
  }

  /** Waits until streams may compute again. */
  async acquire(): Promise<void> {
    this.adapt();
    const pauseMs = Math.round(this.paidAt - performance.now());
    if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal: this.stopped }).catch(() => undefined);
  }

  private adapt(): void {
    const now = performance.now();
    if (now - this.adaptedAt < ADAPT_MS) return;
    const min = MIN_SHARE + (LATE_SHARE - MIN_SHARE) * Math.min(Math.max(this.lateMs(), 0) / LATE_MS, 1);
    this.share = Math.max(
      computeShare(measureOtherLoad(performance.eventLoopUtilization(this.loop), this.ownMs), MIN_SHARE),
      min,
    );
    this.loop = performance.eventLoopUtilization();
    this.ownMs = 0;
    this.adaptedAt = now;
  }
}
