import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { makeRoles, rolesSuffix, withSuffix } from '../../migrations/audit-ownership.js';
import { WRITERS } from '../../src/monitoring/store/sessions/ledger-client.js';
import { TestSession } from './ledger-sessions.js';
import { createWriter } from './writers.js';

type Rows = Awaited<ReturnType<TestSession['run']>>;

export interface TestDatabase {
  url: string;
  superuserUrl: string;
  name: string;
  sql(text: string, values?: readonly unknown[]): Promise<Rows>;
  superuserSql(text: string, values?: readonly unknown[]): Promise<Rows>;
  /** Ends the connections that `sql` and `superuserSql` keep. */
  release(): Promise<void>;
  /** The database is dropped even if connections stay open; the error then names these connections. */
  drop(patienceMs?: number): Promise<void>;
}

/** The session of a killed process first ends its statement, which takes long on a busy machine. */
const DROP_PATIENCE_MS = 30_000;
const POLL_MS = 25;

const SUFFIXES = `
  SELECT DISTINCT suffix FROM (
    SELECT substring(prosrc FROM 'audit_reader(_[0-9a-f]{8})') FROM pg_proc WHERE proname = 'audit_role'
    UNION ALL SELECT '_' || left(md5(format('%s.%s.0', current_database(), schema)), 8) FROM unnest($1::text[]) schema) each (suffix)
   WHERE suffix IS NOT NULL`;
const DROP_ROLES = `
  DO $$ BEGIN
    DROP ROLE IF EXISTS audit_writer, audit_sequencer, audit_reader, audit_keeper, audit_owner;
  EXCEPTION WHEN dependent_objects_still_exist THEN NULL; -- a copy of the database uses them
  END $$`;

/** The default strategy sends each page through the WAL, which takes six times the CPU time. */
const COPIES = 'STRATEGY FILE_COPY';

/**
 * Nobody may be connected to the copied database. `drop` also removes `roles` from the server. In an empty database, the login may migrate a
 * ledger in each of `schemas`, whose roles exist from the start, because the login may not create roles.
 */
export async function createTestDatabase({
  empty = false,
  copyFrom,
  roles = [],
  schemas = empty ? ['public', 'audit'] : [],
}: {
  empty?: boolean;
  copyFrom?: TestDatabase;
  roles?: readonly string[];
  schemas?: readonly string[];
} = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = copyFrom?.name ?? (empty ? 'template0' : 'template_app');
  await copyFrom?.release();
  await asSuperuser(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER app ${COPIES}`);
  const [url, superuserUrl] = [buildUrl('TEST_PG_URL', name), buildUrl('TEST_PG_SUPERUSER_URL', name)];
  for (const each of [url, superuserUrl]) WRITERS.set(each, createWriter());
  const [session, superuserSession] = [new TestSession(url), new TestSession(superuserUrl)];
  const release = async (): Promise<void> => {
    await session.release();
    await superuserSession.release();
  };
  const runner = { query: async (text: string, values?: unknown[]) => superuserSession.run(text, values) };
  for (const schema of schemas) {
    await makeRoles(runner, { login: 'app', suffix: await rolesSuffix(runner, schema) });
  }
  return {
    url,
    superuserUrl,
    name,
    sql: (text, values) => session.run(text, values),
    superuserSql: (text, values) => superuserSession.run(text, values),
    release,
    drop: async (patienceMs = DROP_PATIENCE_MS) => {
      const suffixes = empty ? await superuserSession.run(SUFFIXES, [schemas]) : [];
      await release();
      await dropTestDatabase(name, patienceMs, roles);
      for (const { suffix } of suffixes) await asSuperuser(withSuffix(DROP_ROLES, String(suffix)));
    },
  };
}

async function dropTestDatabase(name: string, patienceMs: number, roles: readonly string[]): Promise<void> {
  const leaks = await waitForLeaks(name, patienceMs);
  await asSuperuser(`DROP DATABASE ${name} WITH (FORCE)`);
  for (const role of roles) await asSuperuser(`DROP ROLE ${role}`);
  if (leaks.length > 0) {
    throw new Error(
      `Cannot drop ${name} in order: the test left ${leaks.length} connection(s) open: ${leaks.join('; ')}. ` +
        'End every pool and client before drop().',
    );
  }
}

/** An ended connection leaves the server's list after a while. */
async function waitForLeaks(name: string, patienceMs: number): Promise<string[]> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const rows = await asSuperuser(
      `SELECT coalesce(nullif(application_name, ''), 'unnamed') AS application, left(query, 120) AS query
         FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || performance.now() > giveUpAt) {
      return rows.map(
        ({ application, query }) => `${String(application)}, last query: ${query === '' ? 'none' : String(query)}`,
      );
    }
    await delay(POLL_MS);
  }
}

let superuser: TestSession | undefined;

/** All databases of a process share one connection. */
function asSuperuser(text: string, values?: readonly unknown[]): Promise<Rows> {
  superuser ??= new TestSession(buildUrl('TEST_PG_SUPERUSER_URL'));
  return superuser.run(text, values);
}

function buildUrl(variable: 'TEST_PG_URL' | 'TEST_PG_SUPERUSER_URL', database?: string): string {
  const value = process.env[variable];
  if (value === undefined) {
    throw new Error(
      `Cannot find the tests' PostgreSQL: ${variable} is not set. Run the tests through jest's globalSetup.`,
    );
  }
  const url = new URL(value);
  if (database !== undefined) url.pathname = `/${database}`;
  return url.href;
}
