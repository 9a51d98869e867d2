import type { MigrationRunner, AuditMigration } from '../../../../migrations/audit-migration.types.js';
import { rolesSuffix } from '../../../../migrations/audit-ownership.js';
import { AUDIT_ROOMS, migrationsWith, type AuditRoom } from '../../../../migrations/audit-migrations.js';
import { LOCK_CLASSES } from '../locks.js';
import type { LedgerQueries } from '../sessions/ledger-session.js';
import { currentSchema, enterSchema, rowsOf, takePart } from './enter-schema.js';
import { hasRun, roomsNamed } from './rooms-there.js';
import { schemaErrors } from '../../errors/schema.errors.js';

/** The default schema of a ledger that a role of its own owns. */
export const SCHEMA_OF_ITS_OWN = 'audit';

const LOCK = `SELECT pg_advisory_xact_lock(${LOCK_CLASSES.migrations}, hashtext($1::text))`;

const TABLES = `
  SELECT to_regclass('audit_migration') IS NOT NULL AS is_recorded, to_regclass('audit_event') IS NOT NULL AS is_made`;
const IS_APART = `
  SELECT to_regclass('audit_event') IS NULL AND to_regclass('${SCHEMA_OF_ITS_OWN}.audit_event') IS NOT NULL AS is_apart`;
const MAKE_TABLE = `
  CREATE TABLE audit_migration (name text PRIMARY KEY, ran_at timestamptz(3) NOT NULL DEFAULT clock_timestamp())`;

/** Returns {@link SCHEMA_OF_ITS_OWN} if it has a ledger that the search path does not find. Rejects with the error of the PostgreSQL client. */
export async function schemaApart(session: LedgerQueries): Promise<string | undefined> {
  const [row] = await session.rows(IS_APART);
  return row?.is_apart === true ? SCHEMA_OF_ITS_OWN : undefined;
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
 * Runs the oldest migration that has not run yet, in the runner's transaction. Considers the ledger, the given rooms, and the rooms that
 * the schema already has. Resolves with the migration; `undefined` if all have run.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE`
 */
export async function runNextMigration(
  runner: MigrationRunner,
  schema: string | undefined,
  rooms: readonly AuditRoom[],
): Promise<RanMigration | undefined> {
  await lockMigrations(runner, schema);
  const place = await prepare(runner, schema);
  const rows = await takePart(
    'reading the table audit_migration',
    place,
    () => rowsOf(runner, 'SELECT name FROM audit_migration FOR UPDATE'), // fails early if the role is not the owner
  );
  const ran = new Set(rows.map(({ name }) => String(name)));
  const wanted = AUDIT_ROOMS.filter((room) => rooms.includes(room) || hasRun(room, ran));
  const migrations = migrationsWith(wanted).map((Migration) => new Migration());
  const next = migrations.find(({ name }) => !ran.has(name));
  if (!next) return undefined;
  await takePart(next.name, place, () => next.up(runner));
  await runner.query(`INSERT INTO audit_migration (name) VALUES ('${next.name}')`);
  await runner.query(`GRANT SELECT ON audit_migration TO audit_reader${await rolesSuffix(runner, place)}`); // `verify` reads from this table which rooms must exist
  const { name, does } = next;
  return { name, does, nth: migrations.indexOf(next) + 1, total: migrations.length };
}

async function prepare(runner: MigrationRunner, schema: string | undefined): Promise<string> {
  if (schema !== undefined) await takePart('creating it', schema, () => enterSchema(runner, schema));
  const place = await currentSchema(runner);
  if (place === undefined) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.none();
  const [tables] = await rowsOf(runner, TABLES);
  if (tables?.is_recorded === true) return place;
  if (tables?.is_made === true) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.foreign(place);
  await takePart('creating the table audit_migration', place, () => runner.query(MAKE_TABLE));
  return place;
}

/**
 * Returns the migrations of the ledger and of rooms in a database schema, for the option `migrations` of the application's TypeORM data
 * source, oldest first. The migrations create the schema if it is missing. TypeORM records migrations in its own table, outside that schema. Each migration needs a transaction: set TypeORM's
 * `migrationsTransactionMode` to `all` or `each`.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE` for an unknown room
 */
export function auditMigrationsIn(
  schema: string,
  { with: rooms = [] }: { readonly with?: readonly AuditRoom[] } = {},
): (new () => AuditMigration)[] {
  return migrationsWith(roomsNamed(rooms)).map((migration) => inSchema(migration, schema));
}

function inSchema(Migration: new () => AuditMigration, schema: string): new () => AuditMigration {
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
