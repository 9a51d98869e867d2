import type { MigrationRunner, AuditMigration } from '../../../../migrations/audit-migration.types.js';
import { rolesSuffix } from '../../../../migrations/audit-ownership.js';
import { AUDIT_EXTENSIONS, migrationsWith, type AuditExtension } from '../../../../migrations/audit-migrations.js';
import { LOCK_CLASSES } from '../locks.js';
import type { LedgerQueries } from '../sessions/ledger-session.js';
import { readCurrentSchema, enterSchema, queryRows, runPart } from './enter-schema.js';
import { hasRun, toExtensions } from './installed-extensions.js';
import { schemaErrors } from '../../errors/schema.errors.js';

/** The default schema of a ledger that a role of its own owns. */
export const DEFAULT_LEDGER_SCHEMA = 'audit';

const LOCK = `SELECT pg_advisory_xact_lock(${LOCK_CLASSES.migrations}, hashtext($1::text))`;

const TABLES = `
  SELECT to_regclass('audit_migration') IS NOT NULL AS is_recorded, to_regclass('audit_event') IS NOT NULL AS is_made`;
const IS_APART = `
  SELECT to_regclass('audit_event') IS NULL AND to_regclass('${DEFAULT_LEDGER_SCHEMA}.audit_event') IS NOT NULL AS is_apart`;
const MAKE_TABLE = `
  CREATE TABLE audit_migration (name text PRIMARY KEY, ran_at timestamptz(3) NOT NULL DEFAULT clock_timestamp())`;

/** Returns {@link DEFAULT_LEDGER_SCHEMA} if it has a ledger that the search path does not find. Rejects with the error of the PostgreSQL client. */
export async function findSeparateSchema(session: LedgerQueries): Promise<string | undefined> {
  const [row] = await session.rows(IS_APART);
  return row?.is_apart === true ? DEFAULT_LEDGER_SCHEMA : undefined;
}

/** Locks the migrations of a schema until the transaction ends. First waits until no other process migrates the schema. */
export async function lockMigrations(runner: MigrationRunner, schema: string | undefined): Promise<void> {
  await runner.query(LOCK, [schema ?? '']);
}

interface RanMigration {
  readonly name: string;
  readonly does: string;
  /** The number of the migration among all migrations of the schema, from 1 on. */
  readonly nth: number;
  readonly total: number;
}

/**
 * Runs the oldest migration that has not run yet, in the runner's transaction. Considers the ledger, the given extensions, and the extensions that
 * the schema already has. Resolves with the migration; `undefined` if all have run.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE`
 */
export async function runNextMigration(
  runner: MigrationRunner,
  schema: string | undefined,
  extensions: readonly AuditExtension[],
): Promise<RanMigration | undefined> {
  await lockMigrations(runner, schema);
  const schemaName = await prepare(runner, schema);
  const rows = await runPart(
    'reading the table audit_migration',
    schemaName,
    () => queryRows(runner, 'SELECT name FROM audit_migration FOR UPDATE'), // fails early if the role is not the owner
  );
  const ran = new Set(rows.map(({ name }) => String(name)));
  const requested = AUDIT_EXTENSIONS.filter((extension) => extensions.includes(extension) || hasRun(extension, ran));
  const migrations = migrationsWith(requested).map((Migration) => new Migration());
  const next = migrations.find(({ name }) => !ran.has(name));
  if (!next) return undefined;
  await runPart(next.name, schemaName, () => next.up(runner));
  await runner.query(`INSERT INTO audit_migration (name) VALUES ('${next.name}')`);
  await runner.query(`GRANT SELECT ON audit_migration TO audit_reader${await rolesSuffix(runner, schemaName)}`); // `verify` reads from this table which extensions must exist
  const { name, does } = next;
  return { name, does, nth: migrations.indexOf(next) + 1, total: migrations.length };
}

async function prepare(runner: MigrationRunner, schema: string | undefined): Promise<string> {
  if (schema !== undefined) await runPart('creating it', schema, () => enterSchema(runner, schema));
  const schemaName = await readCurrentSchema(runner);
  if (schemaName === undefined) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.none();
  const [tables] = await queryRows(runner, TABLES);
  if (tables?.is_recorded === true) return schemaName;
  if (tables?.is_made === true) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.foreign(schemaName);
  await runPart('creating the table audit_migration', schemaName, () => runner.query(MAKE_TABLE));
  return schemaName;
}

/**
 * Returns the migrations of the ledger and of extensions in a database schema, for the option `migrations` of the application's TypeORM data
 * source, oldest first. The migrations create the schema if it is missing. TypeORM records migrations in its own table, outside that schema. Each migration needs a transaction: set TypeORM's
 * `migrationsTransactionMode` to `all` or `each`.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE` for an unknown extension
 */
export function createAuditMigrations(
  schema: string,
  { with: extensions = [] }: { readonly with?: readonly AuditExtension[] } = {},
): (new () => AuditMigration)[] {
  return migrationsWith(toExtensions(extensions)).map((migration) => bindSchema(migration, schema));
}

function bindSchema(Migration: new () => AuditMigration, schema: string): new () => AuditMigration {
  return class implements AuditMigration {
    private readonly migration = new Migration();
    readonly name = this.migration.name;
    readonly does = this.migration.does;

    async up(runner: MigrationRunner): Promise<void> {
      const leave = await enterSchema(runner, schema);
      await this.migration.up(runner);
      await leave();
    }

    async down(runner: MigrationRunner): Promise<void> {
      const leave = await enterSchema(runner, schema);
      await this.migration.down(runner);
      await leave();
    }
  };
}
