import { DataSource, type MigrationInterface } from 'typeorm';
import { AUDIT_MIGRATIONS } from '../../migrations/audit-migrations.js';
import { migrationsFor } from './migrations.js';

/** Any number that no other lock of the application uses. */
const MIGRATION_LOCK = 7_361_993;

/**
 * Brings a database's schema up to date, all pending migrations in one transaction. Several applications may call it at
 * once: one migrates, the others wait. Returns the names of the migrations that ran.
 */
export async function migrate(url: string, { monitoring } = { monitoring: true }): Promise<readonly string[]> {
  return run(url, migrationsFor({ monitoring }));
}

/** Brings the schema of a database that holds the ledger alone up to date, in the same way. */
export async function migrateLedger(url: string): Promise<readonly string[]> {
  return run(url, AUDIT_MIGRATIONS);
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
