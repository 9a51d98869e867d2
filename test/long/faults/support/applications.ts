import type { LoadRoute } from './load.js';

/** Also of copies of a spill, which have no key file. */
const SPILL_KEY = 'a key of the tests that has 32 characters or more';

/** The small application of `load-application.mjs`, to load and to kill. */
export const LOAD_APPLICATION = {
  script: 'test/long/faults/support/load-application.mjs',
  environment: (DATABASE_URL: string, SPILL_DIR: string) => ({ DATABASE_URL, SPILL_DIR, SPILL_KEY }),
  routes: [
    { path: '/changes', share: 5, body: () => ({}) },
    { path: '/orders', share: 3, body: (id) => ({ id }) },
    { path: '/glances', share: 2, body: () => ({}) },
  ] satisfies readonly LoadRoute[],
  /** The event of each other response is durable. */
  bufferedPaths: ['/glances'],
};
