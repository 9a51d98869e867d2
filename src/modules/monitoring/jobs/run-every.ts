/** How often a timer checks the clock: a job starts at most this late. */
export const LOOK_MS = 10_000;

/**
 * Runs a job once in each period of the clock (UTC), from the next period on: for example, at the beginning of every hour, not an hour
 * after the boot. Because it reads the clock, it does not drift, and misses no period after the machine slept. Does not keep the process
 * alive.
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
