import { TIMING } from '../../store/timing.js';

/**
 * Runs a job at the beginning of each period of the clock (UTC): for example, at every full hour. The timer compares times of the clock, so
 * delays do not add up. If the computer slept at the beginning of a period, the job runs when the computer wakes. Does not keep the process
 * alive.
 *
 * @param run must not reject
 */
export function runEvery(periodMs: number, run: () => Promise<void>, now: () => number = Date.now): NodeJS.Timeout {
  const periodNow = (): number => Math.floor(now() / periodMs);
  let last = periodNow();
  const poll = (): void => {
    if (periodNow() === last) return;
    last = periodNow();
    void run();
  };
  return setInterval(poll, Math.min(TIMING.clockMs, periodMs)).unref();
}
