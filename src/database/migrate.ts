import { DataSource, type MigrationInterface } from 'typeorm';
import { Auth1763600000100 } from '../../migrations/1763600000100-auth.js';
import { Orders1763600000200 } from '../../migrations/1763600000200-orders.js';
import { Products1763600000250 } from '../../migrations/1763600000250-products.js';
import { Tenancy1763600000300 } from '../../migrations/1763600000300-tenancy.js';
import { LEDGER_OWNER, separateOwner, type Login } from '../../migrations/audit-ownership.js';
import { AUDIT_ROOMS, migrationsWith } from '../../migrations/audit-migrations.js';
import { withClient } from './with-client.js';

/** The features' own migrations, oldest first. */
const APPLICATION = [Auth1763600000100, Orders1763600000200, Products1763600000250, Tenancy1763600000300];
/** Any number that no other lock of the application uses. */
const MIGRATION_LOCK = 7_361_993;

/**
 * Brings a database's schema up to date, all pending migrations in one transaction. Several applications may call it at
 * once: one migrates, the others wait. Returns the names of the migrations that ran.
 */
export async function migrate(url: string, { monitoring } = { monitoring: true }): Promise<readonly string[]> {
  return run(url, [...APPLICATION, ...(monitoring ? migrationsWith(AUDIT_ROOMS) : [])]);
}

/** Brings the schema of a database that holds the ledger alone up to date, in the same way. */
export async function migrateLedger(url: string): Promise<readonly string[]> {
  return run(url, migrationsWith(AUDIT_ROOMS));
}

/** The schema of a ledger whose owner is not the application. */
export const LEDGER_SCHEMA = 'audit';

/**
 * Brings a ledger up to date that belongs to a role of its own, in a schema of its own, so that the application can write and read,
 * and is not its owner.
 *
 * @param superuserUrl of the application's database
 * @param login the application's
 * @param sequencer the login that seals, retires and erases, which is made when it is missing
 */
export async function migrateSeparately(
  superuserUrl: string,
  login: string,
  sequencer: Login,
): Promise<readonly string[]> {
  await withClient({ connectionString: superuserUrl }, async (client) => {
    const runner = {
      query: async (text: string, values?: unknown[]) =>
        (await client.query<Record<string, unknown>>(text, values)).rows,
    };
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await separateOwner(runner, { schema: LEDGER_SCHEMA, login, sequencer });
  }); // and with the connection the lock
  return run(
    withOptions(superuserUrl, `-c role=${LEDGER_OWNER} -c search_path=${LEDGER_SCHEMA}`),
    migrationsWith(AUDIT_ROOMS),
  );
}

/** The address by which the application finds such a ledger. */
export function separateLedgerUrl(url: string): string {
  return withOptions(url, `-c search_path=${LEDGER_SCHEMA}`);
}

function withOptions(address: string, options: string): string {
  const url = new URL(address);
  url.searchParams.set('options', options);
  return url.href;
}

async function run(url: string, migrations: readonly (new () => MigrationInterface)[]): Promise<readonly string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'nestjs-audit-ledger migrate',
    migrations: [...migrations],
    migrationsTransactionMode: 'all',
  });
  await dataSource.initialize();
  try {
    const lock = dataSource.createQueryRunner();
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const ran = await dataSource.runMigrations();
    await lock.release(); // the lock goes with its connection, below
    return ran.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}
