import { TIMING } from '../store/timing.js';

const MAX_DELAY_MS = 300_000;
const MAX_RETRY_AFTER_MS = 86_400_000;

/** After this number of failures in a row, a consumer counts as failing. */
export const FAILURES_PER_STATE = 5;

/**
 * Returns the milliseconds to wait after a failed attempt. The delay doubles with each failure, up to 5 minutes. Half of the delay is random, so that
 * consumers do not all retry at once.
 *
 * @param failures the number of failures in a row, from 1
 * @param afterMs the delay that a destination requires; a longer delay than a day counts as a day
 * @param random from 0 to 1
 */
export function retryDelay(failures: number, afterMs: number | undefined, random: number): number {
  const full = Math.min(TIMING.consumerRetryMs * 2 ** Math.min(failures - 1, 20), MAX_DELAY_MS);
  return Math.max((full / 2) * (1 + random), Math.min(afterMs ?? 0, MAX_RETRY_AFTER_MS));
}
