import { DataSource } from 'typeorm';
import { Auth1763600000100 } from '../../../migrations/1763600000100-auth.js';
import { Orders1763600000200 } from '../../../migrations/1763600000200-orders.js';
import { Products1763600000250 } from '../../../migrations/1763600000250-products.js';
import { Tenancy1763600000300 } from '../../../migrations/1763600000300-tenancy.js';
import { AUDIT_EXTENSIONS, migrationsWith } from '../../../migrations/audit-migrations.js';

const APPLICATION = [Auth1763600000100, Orders1763600000200, Products1763600000250, Tenancy1763600000300];
/** The number is arbitrary, but unique among the application's locks. */
const MIGRATION_LOCK = 7_361_993;

/**
 * Runs all pending migrations of a database in one transaction, and returns their names. If several applications call the function at once,
 * one of them migrates and the others wait.
 */
export async function migrate(url: string, { monitoring } = { monitoring: true }): Promise<readonly string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'nestjs-audit-ledger migrate',
    migrations: [...APPLICATION, ...(monitoring ? migrationsWith(AUDIT_EXTENSIONS) : [])],
    migrationsTransactionMode: 'all',
  });
  await dataSource.initialize();
  try {
    const lock = dataSource.createQueryRunner();
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const ran = await dataSource.runMigrations();
    await lock.release(); // the lock ends when its connection is released, below
    return ran.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}
