/** How long to wait for a provider, and how soon to try it again, in milliseconds. Kept in one place so that tests can be more patient. */
export const DELIVERY_TIMING = {
  /** The default of the option `providerTimeoutMs`. */
  providerTimeoutMs: 5_000,
  firstRetryMs: 100,
  lastRetryMs: 5_000,
  /** How often to check the spill's folder for events that other processes left there, or the command put back. */
  lookMs: 5_000,
};
