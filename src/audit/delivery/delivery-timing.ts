/** The time-outs and the retry delays of the delivery, in milliseconds. Tests change them here. */
export const DELIVERY_TIMING = {
  providerTimeoutMs: 5_000,
  firstRetryMs: 100,
  lastRetryMs: 5_000,
  /** The interval of the scans of the spill's folder for events of ended processes and of the command `spill replay`. */
  scanMs: 5_000,
};

/** Returns the delay before the next attempt (the first is 0): 100 ms to 5 s, doubled each time, minus a random part of up to half. */
export function backoffMs(attempt: number): number {
  const { firstRetryMs, lastRetryMs } = DELIVERY_TIMING;
  const mostMs = Math.min(firstRetryMs * 2 ** attempt, lastRetryMs);
  return mostMs * (1 - Math.random() / 2);
}
