/** How often the timer reads the clock: a job starts at most this late. */
export const LOOK_MS = 10_000;

/**
 * Runs a job at the beginning of each period of the clock (UTC): for example, at every full hour. Because the timer reads the clock, it
 * does not drift, and it misses no period when the machine sleeps. Does not keep the process alive.
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
