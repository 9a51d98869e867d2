import { expect } from '@jest/globals';
import { ApiClient } from '../../../support/api-client.js';
import { ADMIN } from '../../../support/reference-app.js';
import type { ProvidersHealth } from './audit-health.js';
import type { LoadRoute } from './load.js';

/** Also of copies of a spill, which have no key file. */
const SPILL_KEY = 'a key of the tests that has 32 characters or more';

/** An application to load and to kill. */
export interface FaultApplication {
  readonly name: string;
  readonly script: string;
  readonly environment: (databaseUrl: string, spillDir: string) => Readonly<Record<string, string>>;
  /** The event of each response is durable, unless the path is in `bufferedPaths`. */
  readonly routes: readonly LoadRoute[];
  readonly bufferedPaths: readonly string[];
  /** Headers of the load, asked of the running application once. */
  readonly signIn: (url: string) => Promise<Readonly<Record<string, string>>>;
  /** The providers' health in the body of `GET /health`. */
  readonly healthIn: (body: unknown) => ProvidersHealth;
}

/** The small application of `load-application.mjs`. */
export const LOAD_APPLICATION: FaultApplication = {
  name: 'a small application',
  script: 'test/long/faults/support/load-application.mjs',
  environment: (DATABASE_URL, SPILL_DIR) => ({ DATABASE_URL, SPILL_DIR, SPILL_KEY }),
  routes: [
    { path: '/changes', share: 5, body: () => ({}) },
    { path: '/orders', share: 3, body: (id) => ({ id }) },
    { path: '/glances', share: 2, body: () => ({}) },
  ],
  bufferedPaths: ['/glances'],
  signIn: () => Promise.resolve({}),
  healthIn: (body) => body as ProvidersHealth, // its route returns what `AuditAggregator.health` resolves to
};

/** The reference application, with its four providers. */
export const REFERENCE_APPLICATION: FaultApplication = {
  name: 'the reference application',
  script: 'dist/src/main.js',
  environment: (DATABASE_URL, AUDIT_SPILL_DIR) => ({
    DATABASE_URL,
    AUDIT_SPILL_DIR,
    AUDIT_SPILL_KEY: SPILL_KEY,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    AUDIT_ROW_CHANGES: 'false', // requests are counted by their events; row changes have faults of their own
    AUDIT_WATCH: 'false',
  }),
  routes: [{ path: '/orders', share: 1, body: () => ({ items: [{ sku: 'pen', quantity: 1, unitPriceCents: 150 }] }) }],
  bufferedPaths: [],
  signIn: async (url) => {
    const admin = new ApiClient(url);
    expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
    return { authorization: `Bearer ${String(admin.token)}` };
  },
  // Terminus puts each check's facts there, whatever the outcome.
  healthIn: (body) => (body as { details: { audit: { providers: ProvidersHealth } } }).details.audit.providers,
};
