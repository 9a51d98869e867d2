import { nextTurn } from '../../../audit/nest-free.js';
import { performance } from 'node:perf_hooks';

/** After this time, the work pauses for other work of the application: two slices and one long item may fall into one turn of the event loop. */
const SLICE_MS = 1;

/** The drain gets at least this share of the event loop, even in a busy application. */
const MIN_SHARE = 0.1;

/** The application's share of the event loop, from slightly busy to completely busy. */
const CALM_LOAD = 0.4;
const BUSY_LOAD = 0.7;

/**
 * Backpressure: paces the drain, so that requests have priority. In a busy application, the drain uses a tenth of the event loop, and more if changes
 * wait long. In an idle application, the drain uses all of the event loop, in slices of a few milliseconds.
 */
export class DrainPace {
  private sliceBegan: number;
  private ownMs = 0;
  private loop = performance.eventLoopUtilization();
  private share = 1;

  /** @param now returns a time in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.sliceBegan = now();
  }

  /**
   * Computes the drain's share of the event loop from the load since the last call. @param lateness how long the oldest change has waited:
   * 0 for a new change, 1 at the limit
   */
  adapt(lateness: number): void {
    const busy = measureOtherLoad(performance.eventLoopUtilization(this.loop), this.ownMs);
    this.share = Math.max(computeShare(busy), Math.min(lateness, 1));
    this.loop = performance.eventLoopUtilization();
    this.ownMs = 0;
  }

  /** How long the drain pauses after its work since {@link adapt}, in milliseconds. */
  get pauseMs(): number {
    return Math.round(this.ownMs * (1 / this.share - 1));
  }

  /** Starts to measure how long the drain computes. */
  begin(): void {
    this.sliceBegan = this.now();
  }

  /** Whether the drain must now call {@link rest}. */
  get isDue(): boolean {
    return this.now() - this.sliceBegan >= SLICE_MS;
  }

  /** Lets other work of the application run. */
  async rest(): Promise<void> {
    this.ownMs += this.now() - this.sliceBegan;
    await nextTurn();
    this.begin();
  }
}

/** The milliseconds that the connection and the sealing need for each millisecond that the drain computes. */
const OWN_LOAD_SHARE = 0.5;

/**
 * Returns the share of the event loop that the application uses without the drain.
 *
 * @param ownMs how many milliseconds the drain has computed in the measured time
 */
export function measureOtherLoad({ active, idle }: Readonly<Record<'active' | 'idle', number>>, ownMs: number): number {
  const others = Math.max(active - ownMs * (1 + OWN_LOAD_SHARE), 0);
  return active + idle > 0 ? others / (active + idle) : 0;
}

/** Returns the drain's share of the event loop when the application's share is `busy`. */
export function computeShare(busy: number, min = MIN_SHARE): number {
  const calm = (BUSY_LOAD - busy) / (BUSY_LOAD - CALM_LOAD);
  return Math.min(Math.max(calm, min), 1);
}
