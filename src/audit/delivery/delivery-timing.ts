/** How long a provider is waited for, and how soon it is tried again, in milliseconds. They stand together so that tests can be more patient. */
export const DELIVERY_TIMING = {
  /** The default of the option `providerTimeoutMs`. */
  providerTimeoutMs: 5_000,
  firstRetryMs: 100,
  lastRetryMs: 5_000,
  /** How often the spill's folder is looked at for what other processes left there, or the command put back. */
  lookMs: 5_000,
};
