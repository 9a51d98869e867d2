/** How often a timer looks at the clock: a job starts at most this late. */
export const LOOK_MS = 10_000;

/**
 * Runs a job once in each period of the clock (UTC), from the next period on: every hour at its beginning, not an hour after the boot.
 * A timer that reads the clock loses no period by drifting, nor by a machine that slept. Does not keep the process alive.
 *
 * @param run must not reject
 */
export function runEvery(periodMs: number, run: () => Promise<void>, now: () => number = Date.now): NodeJS.Timeout {
  const periodNow = (): number => Math.floor(now() / periodMs);
  let last = periodNow();
  const look = (): void => {
    if (periodNow() === last) return;
    last = periodNow();
    void run();
  };
  return setInterval(look, Math.min(LOOK_MS, periodMs)).unref();
}
