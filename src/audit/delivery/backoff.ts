const FIRST_MS = 100;
const LAST_MS = 5_000;

/**
 * How long to wait before another try: twice as long each time, from 100 ms to 5 s, less up to half by chance, so that
 * many who wait for one store do not come at once.
 *
 * @param attempt 0 for the first
 */
export function backoffMs(attempt: number): number {
  const mostMs = Math.min(FIRST_MS * 2 ** attempt, LAST_MS);
  return mostMs * (1 - Math.random() / 2);
}
