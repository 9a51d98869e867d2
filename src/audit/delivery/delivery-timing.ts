/** How long to wait for a provider, and how soon to try it again, in milliseconds. Kept in one place so that tests can be more patient. */
export const DELIVERY_TIMING = {
  providerTimeoutMs: 5_000,
  firstRetryMs: 100,
  lastRetryMs: 5_000,
  /** How often to check the spill's folder for events that other processes left there, or the command put back. */
  lookMs: 5_000,
};

/** Returns how long to wait before the next attempt (the first is 0): 100 ms to 5 s, doubled each time, minus up to half by chance. */
export function backoffMs(attempt: number): number {
  const { firstRetryMs, lastRetryMs } = DELIVERY_TIMING;
  const mostMs = Math.min(firstRetryMs * 2 ** attempt, lastRetryMs);
  return mostMs * (1 - Math.random() / 2);
}
