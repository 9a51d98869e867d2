import { performance } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';

/** How long the drain computes before the application's other work gets its turn. */
const SLICE_MS = 4;

/** The minimum share of the event loop that the drain takes from a busy application. */
const LEAST_SHARE = 0.1;

/** The shares of the event loop at which the application counts as a little busy, and as fully busy. */
const CALM = 0.4;
const BUSY = 0.7;

/**
 * Paces the drain so that requests come first. While the application keeps the event loop busy, the drain takes a tenth of it, and more the
 * longer changes wait. An idle application leaves it the rest, which it takes in slices of some milliseconds.
 */
export class DrainPace {
  private sliceBegan: number;
  private ownMs = 0;
  private loop = performance.eventLoopUtilization();
  private share = 1;
  private isHurried = false;

  /** @param now in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.sliceBegan = now();
  }

  /** Adapts to what the application did since the last call. @param lateness how late the oldest change is, from 0 to 1 for the latest allowed */
  adapt(lateness: number): void {
    const busy = busyBeside(performance.eventLoopUtilization(this.loop), this.ownMs);
    this.share = Math.max(shareBeside(busy), Math.min(lateness, 1));
    this.loop = performance.eventLoopUtilization();
    this.ownMs = 0;
  }

  /** Whether the application leaves most of the event loop to the drain. */
  get isFree(): boolean {
    return this.share > 0.5;
  }

  /** Removes all pauses, because the application is shutting down. */
  hurry(): void {
    this.isHurried = true;
  }

  /** Notes that the drain begins to compute. */
  begin(): void {
    this.sliceBegan = this.now();
  }

  /** Whether it has computed for so long that {@link rest} is due. */
  get isDue(): boolean {
    return this.now() - this.sliceBegan >= SLICE_MS;
  }

  /** Gives the application's other work its turn. */
  async rest(): Promise<void> {
    const workedMs = this.now() - this.sliceBegan;
    this.ownMs += workedMs;
    const pauseMs = this.isHurried ? 0 : Math.round(workedMs * (1 / this.share - 1));
    await (pauseMs > 0 ? setTimeout(pauseMs) : setImmediate());
    this.begin();
  }
}

/**
 * The additional load on the event loop, from the drain's connection and the sealing of its events, for each millisecond that it computes.
 */
const OWN_BESIDES = 0.5;

/**
 * How much of the event loop the application uses. All waiting work runs after each slice of the drain, so it gets what it needs even if
 * the drain uses all the rest and the loop is never idle.
 *
 * @param ownMs for how long the drain computed in that time
 */
export function busyBeside({ active, idle }: Readonly<Record<'active' | 'idle', number>>, ownMs: number): number {
  const others = Math.max(active - ownMs * (1 + OWN_BESIDES), 0);
  return active + idle > 0 ? others / (active + idle) : 0;
}

/** The drain's share of the event loop if the application uses so much of it. */
export function shareBeside(busy: number, least = LEAST_SHARE): number {
  const calm = (BUSY - busy) / (BUSY - CALM);
  return Math.min(Math.max(calm, least), 1);
}
