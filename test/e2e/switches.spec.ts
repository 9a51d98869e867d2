import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/shop/config/index.js';
import { migrate, openDatabase } from '../../src/shop/database/index.js';
import { ApiClient, createTestDatabase, runSql, settled, type TestDatabase } from '../support/index.js';
import { findInDatabase } from '../support/find-in-database.js';
import { KEPT } from '../support/ledger-sessions.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';

const TOKEN = 'the-token-of-the-scraper';

const databases: TestDatabase[] = [];
let database: TestDatabase;
let app: ReferenceApp | undefined;

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  databases.push(database);
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  for (const used of databases.splice(0)) await used.drop();
});

async function start(environment: Record<string, string>): Promise<{ app: ReferenceApp; admin: ApiClient }> {
  await migrate(database.url, { monitoring: environment.MONITORING_ENABLED !== 'false' });
  app = await startReferenceApp(database.url, environment);
  const admin = new ApiClient(app.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  return { app, admin };
}

async function makeOrder(client: ApiClient): Promise<string> {
  const { status, body } = await client.send('POST', '/orders', {
    items: [{ sku: 'a', quantity: 1, unitPriceCents: 5 }],
  });
  expect(status).toBe(201);
  return String(body.id);
}

describe('MONITORING_ENABLED=false', () => {
  it('leaves no audit table, route, timer or connection, and the other providers get their events', async () => {
    const { app, admin } = await start({ MONITORING_ENABLED: 'false' });
    const orderId = await makeOrder(admin);

    const timeline = await admin.send<{ items: unknown[] }>('GET', `/orders/${orderId}/timeline`);
    expect(timeline.body.items).toHaveLength(1);
    expect((await admin.send('GET', '/audit/events')).status).toBe(404);
    expect((await admin.send('GET', '/health')).status).toBe(200);
    const tables = await database.sql(`SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relname LIKE 'audit%'
       UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'audit%'`);
    expect(tables).toEqual([]);
    const connections = await database.superuserSql(
      `SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = $1 AND application_name <> $2 AND backend_type = 'client backend'`,
      [database.name, KEPT],
    );
    expect(connections.map(({ application_name }) => application_name)).toEqual(['nestjs-audit-ledger app']);
    expect(app.logged()).not.toContain('database (enabled)');
    expect(app.logged()).toContain('order-timeline (enabled)');
    await expectForgotten(app);
  });
});

async function expectForgotten({ url }: ReferenceApp): Promise<void> {
  const [email, browser] = ['ada@example.com', 'ada-browser/7.3'];
  const ada = new ApiClient(url, { 'user-agent': browser });
  const account = { email, password: 'a rather long secret', name: 'Ada Lovelace' };
  expect((await ada.send('POST', '/auth/register', account)).status).toBe(201);
  await ada.logIn(email, account.password);
  await makeOrder(ada);
  const { status, body } = await ada.send('POST', '/me/data-export');
  expect(status).toBe(200);
  expect(Object.keys(body.sections as object).sort()).toEqual(['account', 'memberships', 'orders']);

  expect((await ada.send('DELETE', '/me', { password: account.password })).status).toBe(204);
  expect((await ada.send('GET', '/auth/me')).status).toBe(401);
  expect(await findInDatabase(database.url, [email, browser, 'Lovelace'])).toEqual([]);
}

it('AUDIT_METRICS_TOKEN opens the metrics, which cover each provider, leave no event, and answer while the database is away', async () => {
  const { app } = await start({ HTTP_ADAPTER: 'fastify', AUDIT_METRICS_TOKEN: TOKEN });
  const scrape = async (): Promise<string> => {
    const response = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(response.status).toBe(200);
    return response.text();
  };
  const recorded = parsePrometheusText(await scrape()).get('audit_events_recorded_total')?.samples ?? [];
  expect(recorded.map(({ labels }) => labels.provider)).toEqual(expect.arrayContaining(['database', 'security-log']));
  expect(await scrape()).toContain(
    `audit_events_recorded_total{provider="database"} ${String(recorded.find(({ labels }) => labels.provider === 'database')?.value)}`,
  );

  await runSql(database.superuserUrl, `ALTER DATABASE ${database.name} CONNECTION LIMIT 0`);
  await runSql(
    database.superuserUrl,
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${database.name}' AND pid <> pg_backend_pid()`,
  );
  expect(await scrape()).toContain('audit_ledger_up 0');
  await runSql(database.superuserUrl, `ALTER DATABASE ${database.name} CONNECTION LIMIT -1`);
});

async function startWithLedger(ledgerUrl: string): Promise<{ admin: ApiClient; log: readonly string[] }> {
  const environment = { DATABASE_URL: database.url, AUDIT_DATABASE_URL: ledgerUrl };
  const log: string[] = [];
  const opened = await openDatabase(readConfig(environment), (message) => log.push(message));
  app = await startReferenceApp(opened.url, environment);
  const admin = new ApiClient(app.url);
  expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
  return { admin, log };
}

const listTables = async ({ url }: TestDatabase): Promise<readonly unknown[]> => {
  const rows = await runSql(url, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`);
  return rows.map(({ tablename }) => tablename);
};

describe('AUDIT_DATABASE_URL', () => {
  it('gives the ledger a database of its own, for its tables, for writing and for reading', async () => {
    const ledger = await createTestDatabase({ empty: true });
    databases.push(ledger);
    const { admin } = await startWithLedger(ledger.url);

    await settled(ledger);
    expect((await admin.events()).map(({ type }) => type)).toContain('user_login_success');
    expect(await listTables(database)).not.toContain('audit_event');
    expect(await listTables(ledger)).toEqual(expect.arrayContaining(['audit_event', 'audit_migration']));
    expect(await listTables(ledger)).not.toContain('auth_user');
  });

  it('may be out of reach: the application starts, works, and reports it', async () => {
    const missing = new URL(database.url);
    missing.pathname = '/nowhere';
    const { admin, log } = await startWithLedger(missing.href);

    expect(log.join('\n')).toMatch(/Cannot open the database of AUDIT_DATABASE_URL\. .*Events are stored in the spill/);
    expect((await admin.send('GET', '/health')).status).toBe(200);
    const read = await admin.send('GET', '/audit/events');
    expect(read).toMatchObject({ status: 503, body: { code: 'AUDIT_LEDGER_UNAVAILABLE' } });
    expect(JSON.stringify(read.body)).not.toContain('nowhere');
    expect(app?.logged()).toContain('Create the database');
  });
});
