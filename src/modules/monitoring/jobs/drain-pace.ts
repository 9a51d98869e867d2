import { performance } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';

/** For how long the drain computes before the application's other work gets its turn. */
const SLICE_MS = 4;

/** The share of the event loop that the drain takes from a busy application. */
const LEAST_SHARE = 0.1;

/** How much of the event loop the application uses when it counts as busy: from the first on a little, from the second on fully. */
const CALM = 0.4;
const BUSY = 0.7;

/**
 * How fast the drain goes: requests come first. While the application keeps the event loop busy, the drain takes a tenth of it, and more the
 * longer changes wait. What an idle application leaves it takes in slices of some milliseconds.
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

  /** Whether the application leaves it most of the event loop. */
  get isFree(): boolean {
    return this.share > 0.5;
  }

  /** From now on without pauses: the application ends. */
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

  /** Lets the application's other work have its turn. */
  async rest(): Promise<void> {
    const workedMs = this.now() - this.sliceBegan;
    this.ownMs += workedMs;
    const pauseMs = this.isHurried ? 0 : Math.round(workedMs * (1 / this.share - 1));
    await (pauseMs > 0 ? setTimeout(pauseMs) : setImmediate());
    this.begin();
  }
}

/** What the drain's connection and the sealing of its events take of the event loop, for each millisecond that it computes. */
const OWN_BESIDES = 0.5;

/**
 * How much of the event loop the application uses. The loop turns to all of its waiting work after each slice of the drain, so that it gets what it
 * needs also where the drain uses all the rest, and nothing is idle.
 *
 * @param ownMs for how long the drain computed in that time
 */
export function busyBeside({ active, idle }: Readonly<Record<'active' | 'idle', number>>, ownMs: number): number {
  const others = Math.max(active - ownMs * (1 + OWN_BESIDES), 0);
  return active + idle > 0 ? others / (active + idle) : 0;
}

/** The share of the event loop beside an application that uses so much of it. */
export function shareBeside(busy: number, least = LEAST_SHARE): number {
  const calm = (BUSY - busy) / (BUSY - CALM);
  return Math.min(Math.max(calm, least), 1);
}
