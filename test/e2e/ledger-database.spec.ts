import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/shop/config/index.js';
import { openDatabase } from '../../src/shop/database/index.js';
import { ApiClient, createTestDatabase, runSql, settled, type TestDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';

let database: TestDatabase;
let ledger: TestDatabase;
let app: ReferenceApp | undefined;

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  ledger = await createTestDatabase({ empty: true });
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await database.drop();
  await ledger.drop();
});

async function start(ledgerUrl: string): Promise<{ admin: ApiClient; log: readonly string[] }> {
  const environment = { DATABASE_URL: database.url, AUDIT_DATABASE_URL: ledgerUrl };
  const log: string[] = [];
  const opened = await openDatabase(readConfig(environment), (message) => log.push(message));
  app = await startReferenceApp(opened.url, environment);
  const admin = new ApiClient(app.url);
  expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
  return { admin, log };
}

const tablesOf = async ({ url }: TestDatabase): Promise<readonly unknown[]> => {
  const rows = await runSql(url, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`);
  return rows.map(({ tablename }) => tablename);
};

describe('AUDIT_DATABASE_URL', () => {
  it('gives the ledger a database of its own, for its tables, for writing and for reading', async () => {
    const { admin } = await start(ledger.url);

    await settled(ledger);
    expect((await admin.events()).map(({ type }) => type)).toContain('user_login_success');
    expect(await tablesOf(database)).not.toContain('audit_event');
    expect(await tablesOf(ledger)).toEqual(expect.arrayContaining(['audit_event', 'audit_migration']));
    expect(await tablesOf(ledger)).not.toContain('auth_user');
  });

  it('may name the application database with other words, which migrates it once', async () => {
    const { admin } = await start(`${database.url}?sslmode=disable`);

    await settled(database);
    expect((await admin.events()).length).toBeGreaterThan(0);
    expect(await tablesOf(database)).toEqual(expect.arrayContaining(['audit_event', 'auth_user']));
  });

  it('may be out of reach: the application starts, works, and reports it', async () => {
    const missing = new URL(ledger.url);
    missing.pathname = '/nowhere';
    const { admin, log } = await start(missing.href);

    expect(log.join('\n')).toMatch(/Cannot open the database of AUDIT_DATABASE_URL\. .*Events are stored in the spill/);
    expect((await admin.send('GET', '/health')).status).toBe(200);
    const read = await admin.send('GET', '/audit/events');
    expect(read).toMatchObject({ status: 503, body: { code: 'AUDIT_LEDGER_UNAVAILABLE' } });
    expect(JSON.stringify(read.body)).not.toContain('nowhere');
    expect(app?.logged()).toContain('Create the database');
  });

  it('that is not a PostgreSQL address stops the start', () => {
    expect(() => readConfig({ AUDIT_DATABASE_URL: 'mysql://localhost/audit' })).toThrow(/AUDIT_DATABASE_URL/);
  });
});
