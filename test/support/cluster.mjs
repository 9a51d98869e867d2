import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { makeLedgerRoles } from './ledger-roles.mjs';

const PREFIX = 'audit-ledger-test-';
const CLOSE_PUBLIC = 'REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO app';
/** A new database in memory costs half as much: creating its 300 files is most of the cost. */
const MEMORY = '/dev/shm';
const ENOUGH_SPACE_BYTES = 4 * 2 ** 30;
const ENOUGH_MEMORY_BYTES = 7 * 2 ** 30;
const DATABASE = new URL('../../dist/src/shop/database/', import.meta.url);

/** Each test database is a copy of `template_app`. TEST_POSTGRES_URL must be a superuser's address of a server for tests only. */
export async function startTestCluster() {
  if (process.env.TEST_POSTGRES_URL) return borrowServer(process.env.TEST_POSTGRES_URL);
  const { startEmbeddedPostgres } = await importBuilt('embedded/start-embedded-postgres.js');
  await removeLeftovers(startEmbeddedPostgres);
  const dir = await mkdtemp(join(await spaciousFolder(), `${PREFIX}${process.pid}-`));
  // mkdtemp opens the folder to one user. If root runs the tests, the server runs as another user.
  await chmod(dir, 0o755);
  let server;
  const remove = async () => {
    try {
      if (server !== undefined) await stopForGood(server);
    } finally {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    }
  };
  try {
    server = await startQuietly(startEmbeddedPostgres, dir);
    await createTemplate(server);
    return { url: server.url, superuserUrl: server.superuserUrl, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function spaciousFolder() {
  const memory = await statfs(MEMORY).catch(() => undefined);
  const hasSpace = memory !== undefined && memory.bavail * memory.bsize >= ENOUGH_SPACE_BYTES;
  return hasSpace && totalmem() >= ENOUGH_MEMORY_BYTES ? MEMORY : tmpdir();
}

async function borrowServer(superuserUrl) {
  const { prepareApplicationDatabase } = await importBuilt('embedded/start-embedded-postgres.js');
  const remove = () => withClient(superuserUrl, dropDatabases);
  await withClient(superuserUrl, async (client) => {
    await dropDatabases(client);
    await prepareApplicationDatabase(client, 'app');
  });
  const url = Object.assign(new URL(superuserUrl), { username: 'app', password: 'app', pathname: '/app' });
  const server = { url: url.href, superuserUrl };
  await createTemplate(server);
  return { ...server, remove };
}

async function dropDatabases(client) {
  const { rows } = await client.query(
    `SELECT datname, datistemplate FROM pg_database WHERE datname IN ('app', 'template_app') OR datname LIKE 'test\\_%'`,
  );
  for (const { datname, datistemplate } of rows) {
    if (datistemplate) await client.query(`ALTER DATABASE ${datname} IS_TEMPLATE false`);
    await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  }
}

async function createTemplate(server) {
  await query(server.superuserUrl, 'CREATE DATABASE template_app OWNER app');
  // PostgreSQL 15 and later have these rights by default.
  await query(addressIn('template_app', server.superuserUrl), CLOSE_PUBLIC);
  if (existsSync(fileURLToPath(new URL('migrate.js', DATABASE)))) {
    const { migrate } = await importBuilt('migrate.js');
    // Most tests use one login for everything, the owner of the ledger.
    await makeLedgerRoles(server.superuserUrl, addressIn('template_app', server.url));
    await migrate(addressIn('template_app', server.url));
  }
  // PostgreSQL cannot copy a template with open connections, so the template refuses connections.
  await query(server.superuserUrl, 'ALTER DATABASE template_app WITH ALLOW_CONNECTIONS false IS_TEMPLATE true');
}

/** The embedded server stays up while a client is connected, so leaked connections must end first. */
async function stopForGood(server) {
  await query(
    server.superuserUrl,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'embedded-postgres'`,
  ).catch(() => undefined);
  await server.stop();
}

/** A killed test run leaves its server running. The folder's name contains the run's process ID. */
async function removeLeftovers(startEmbeddedPostgres) {
  for (const dir of await foldersOfRuns()) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(basename(dir))?.[1] ?? 0);
    if (pid === 0 || isAlive(pid)) continue;
    try {
      if (existsSync(join(dir, 'data'))) await stopForGood(await startQuietly(startEmbeddedPostgres, dir));
      await rm(dir, { recursive: true, force: true });
    } catch (error) {
      console.warn(`Cannot remove what an earlier test run left in ${dir}: ${error.message}`);
    }
  }
}

async function foldersOfRuns() {
  const places = [...new Set([tmpdir(), MEMORY])];
  const names = await Promise.all(places.map((place) => readdir(place).catch(() => [])));
  return places.flatMap((place, nth) => names[nth].map((name) => join(place, name)));
}

function startQuietly(startEmbeddedPostgres, dir) {
  const serverSettings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_prepared_transactions: '10',
    scram_iterations: '1', // hashing a password 4,096 times takes a third of the time to connect
  };
  return startEmbeddedPostgres({ dir, serverSettings, log: () => undefined });
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function importBuilt(path) {
  const module = new URL(path, DATABASE);
  if (!existsSync(fileURLToPath(module))) {
    throw new Error(
      `Cannot start the tests' PostgreSQL: ${fileURLToPath(module)} is missing. Run npm run build first.`,
    );
  }
  return import(module.href);
}

function addressIn(database, url) {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}

async function query(url, text) {
  await withClient(url, (client) => client.query(text));
}

async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
