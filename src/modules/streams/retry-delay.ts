import { TIMING } from '../monitoring/store/timing.js';

const LONGEST_MS = 300_000;
const LONGEST_ASKED_MS = 86_400_000;

/** The number of failures in a row that opens the circuit: each further attempt is a probe. */
export const FAILURES_OF_A_STATE = 5;

/**
 * How long to wait after a failed attempt, in milliseconds: twice as long each time, up to 5 minutes. Half of the delay is random, so that
 * streams do not all try at once.
 *
 * @param failures in a row, from 1
 * @param afterMs what the destination asks for, up to a day
 * @param random from 0 to 1
 */
export function retryDelay(failures: number, afterMs: number | undefined, random: number): number {
  const full = Math.min(TIMING.streamRetryMs * 2 ** Math.min(failures - 1, 20), LONGEST_MS);
  return Math.max((full / 2) * (1 + random), Math.min(afterMs ?? 0, LONGEST_ASKED_MS));
}
