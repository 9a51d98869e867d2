/** The time-outs and the retry delays of the delivery, in milliseconds. Tests change these values. */
export const DELIVERY_TIMING = {
  providerTimeoutMs: 5_000,
  /** How long a health check waits for a provider's own check. Probes often wait only for a second. */
  checkMs: 900,
  firstRetryMs: 100,
  lastRetryMs: 5_000,
  /** How often to scan the spill's folder for events of ended processes, or from the command `spill replay`. */
  scanMs: 5_000,
};

/** Computes the retry delay, an exponential backoff with jitter, after an attempt (first: 0): 100 ms to 5 s, doubled each time, minus a random part of up to half. */
export function computeBackoffMs(attempt: number): number {
  const { firstRetryMs, lastRetryMs } = DELIVERY_TIMING;
  const maxMs = Math.min(firstRetryMs * 2 ** attempt, lastRetryMs);
  return maxMs * (1 - Math.random() / 2);
}
