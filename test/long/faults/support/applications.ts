import type { LoadRoute } from './load.js';

/** Copies of a spill have no key file, so they need this key. */
const SPILL_KEY = 'a key of the tests that has 32 characters or more';

export const LOAD_APPLICATION = {
  script: 'test/long/faults/support/load-application.mjs',
  environment: (DATABASE_URL: string, SPILL_DIR: string) => ({ DATABASE_URL, SPILL_DIR, SPILL_KEY }),
  routes: [
    { path: '/changes', share: 5, body: () => ({}) },
    { path: '/orders', share: 3, body: (id) => ({ id }) },
    { path: '/glances', share: 2, body: () => ({}) },
  ] satisfies readonly LoadRoute[],
  /** The handlers of these routes do not wait for their events. */
  unawaitedPaths: ['/glances'],
};
