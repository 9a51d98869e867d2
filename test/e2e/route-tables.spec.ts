import { expect, it } from '@jest/globals';
import { ADMINISTRATION_ROUTES } from '../support/administration-routes.js';
import { ApiClient, kept, testDatabase } from '../support/index.js';
import { AUTH_ROUTES } from '../support/auth-routes.js';
import { COMMERCE_ROUTES } from '../support/commerce-routes.js';
import { changingRoutes } from '../support/forgotten/called-routes.js';
import type { OpenApi } from '../support/forgotten/open-api.js';
import { startReferenceApp } from '../support/reference-app.js';

/** test/e2e/main-job.spec.ts and test/integration/tenancy.spec.ts drive these routes. */
const OLDER_ROUTES = ['POST /admin/stores', 'POST /admin/stores/:id/members'];

/** test/e2e/privacy.spec.ts and the tests of retention and of streams drive these routes. */
const LEDGER_ROUTES = [
  'POST /audit/erasures',
  'POST /audit/holds',
  'POST /audit/holds/:id/release',
  'POST /audit/suppressions',
  'POST /audit/threads/:kind/:id',
  ...['pause', 'resume', 'retry', 'drop', 'replay'].map((change) => `POST /audit/consumers/:name/${change}`),
];

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url));

it('the tables of routes and their events have every route of the reference application that changes state, and no other', async () => {
  const { body } = await new ApiClient(app.url).send<OpenApi>('GET', '/docs-json');
  const changing = changingRoutes(body).map((route) => route.replaceAll(/\{(\w+)\}/g, ':$1'));
  const tables = [...AUTH_ROUTES, ...COMMERCE_ROUTES, ...ADMINISTRATION_ROUTES].map(({ route }) => route);

  expect(changing.sort()).toEqual([...new Set([...tables, ...OLDER_ROUTES, ...LEDGER_ROUTES])].sort());
});
