/** How many counted refusals make an event a dead letter. */
const MOST_REFUSALS = 5;

/** After this time a refusal counts even if the provider stored nothing since: a provider that restarts is back by then. */
const COUNTS_ANYWAY_AFTER_MS = 60_000;

interface Noted {
  readonly count: number;
  /** How many events the provider had stored by then. */
  readonly recorded: number;
  readonly countedAtMs: number;
}

/**
 * Counts how often each event was refused alone. A provider that is down refuses everything, so a refusal counts only if
 * the provider stored something since the last one, or a minute has passed.
 */
export class Refusals {
  private readonly noted = new Map<string, Noted>();

  /** @param now a clock in milliseconds that is never set back or forward */
  constructor(private readonly now = (): number => performance.now()) {}

  /** Whether the event was refused before. */
  has(id: string): boolean {
    return this.noted.has(id);
  }

  /**
   * Notes that the event was refused alone. Returns whether it has been refused too often.
   *
   * @param recorded how many events the provider stored so far
   */
  note(id: string, recorded: number): boolean {
    const { count, recorded: before, countedAtMs } = this.noted.get(id) ?? { count: 0, recorded: -1, countedAtMs: 0 };
    const nowMs = this.now();
    if (recorded === before && nowMs - countedAtMs < COUNTS_ANYWAY_AFTER_MS) return false;
    this.noted.set(id, { count: count + 1, recorded, countedAtMs: nowMs });
    return count + 1 >= MOST_REFUSALS;
  }

  clear(): void {
    this.noted.clear();
  }
}
