import { DELIVERY_TIMING } from './delivery-timing.js';

/**
 * Returns how long to wait before another attempt: twice as long each time, from 100 ms to 5 s, minus up to half by chance, so that many
 * callers of one store do not come at once.
 *
 * @param attempt 0 for the first
 */
export function backoffMs(attempt: number): number {
  const { firstRetryMs, lastRetryMs } = DELIVERY_TIMING;
  const mostMs = Math.min(firstRetryMs * 2 ** attempt, lastRetryMs);
  return mostMs * (1 - Math.random() / 2);
}
