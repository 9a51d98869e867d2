import { performance } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';

/** How long the drain computes before it lets other work of the application run. */
const SLICE_MS = 4;

/** The share of the event loop that the drain always gets, also in a busy application. */
const LEAST_SHARE = 0.1;

/** The application's share of the event loop from which the application counts as a little busy (`CALM`), and as fully busy (`BUSY`). */
const CALM = 0.4;
const BUSY = 0.7;

/**
 * Paces the drain, so that requests have priority. In a busy application, the drain uses a tenth of the event loop. The longer changes
 * wait, the more it uses. In an idle application, the drain uses all of the event loop, in slices of a few milliseconds.
 */
export class DrainPace {
  private sliceBegan: number;
  private ownMs = 0;
  private loop = performance.eventLoopUtilization();
  private share = 1;
  private isHurried = false;

  /** @param now returns a time in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.sliceBegan = now();
  }

  /** Adapts to the application's load since the last call. @param lateness the longest wait of a change: 0 if new, 1 if the limit */
  adapt(lateness: number): void {
    const busy = busyBeside(performance.eventLoopUtilization(this.loop), this.ownMs);
    this.share = Math.max(shareBeside(busy), Math.min(lateness, 1));
    this.loop = performance.eventLoopUtilization();
    this.ownMs = 0;
  }

  /** Whether the drain may use more than half of the event loop. */
  get isFree(): boolean {
    return this.share > 0.5;
  }

  /** Removes all pauses. For the shutdown. */
  hurry(): void {
    this.isHurried = true;
  }

  /** Notes that the drain begins to compute. */
  begin(): void {
    this.sliceBegan = this.now();
  }

  /** Whether the drain has computed for so long that {@link rest} is due. */
  get isDue(): boolean {
    return this.now() - this.sliceBegan >= SLICE_MS;
  }

  /** Pauses, so that other work of the application runs. */
  async rest(): Promise<void> {
    const workedMs = this.now() - this.sliceBegan;
    this.ownMs += workedMs;
    const pauseMs = this.isHurried ? 0 : Math.round(workedMs * (1 / this.share - 1));
    await (pauseMs > 0 ? setTimeout(pauseMs) : setImmediate());
    this.begin();
  }
}

/** For each millisecond that the drain computes, the additional milliseconds for its connection, and for sealing its events. */
const OWN_BESIDES = 0.5;

/**
 * Returns the application's share of the event loop, without the drain's. After each slice of the drain, all waiting work runs. So the
 * application gets its share even if the drain uses all idle time.
 *
 * @param ownMs how long the drain computed in that time
 */
export function busyBeside({ active, idle }: Readonly<Record<'active' | 'idle', number>>, ownMs: number): number {
  const others = Math.max(active - ownMs * (1 + OWN_BESIDES), 0);
  return active + idle > 0 ? others / (active + idle) : 0;
}

/** Returns the drain's share of the event loop when the application's share is `busy`. */
export function shareBeside(busy: number, least = LEAST_SHARE): number {
  const calm = (BUSY - busy) / (BUSY - CALM);
  return Math.min(Math.max(calm, least), 1);
}
