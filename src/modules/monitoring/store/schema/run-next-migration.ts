import type { MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import { AUDIT_ROOMS, migrationsWith, type AuditRoom } from '../../../../../migrations/audit-migrations.js';
import type { LedgerQueries } from '../sessions/ledger-session.js';
import { currentSchema, enterSchema, rowsOf, takePart } from './enter-schema.js';
import { hasRun } from './rooms-there.js';
import { SchemaUnusableError } from './schema.error.js';

/** The default schema of a ledger with its own owner. */
export const SCHEMA_OF_ITS_OWN = 'audit';

/** The first half of the lock's key; the second is the schema. */
const LOCK_CLASS = 7_361_995;
const LOCK = `SELECT pg_advisory_xact_lock(${LOCK_CLASS}, hashtext($1::text))`;

const TABLES = `
  SELECT to_regclass('audit_migration') IS NOT NULL AS is_recorded, to_regclass('audit_event') IS NOT NULL AS is_made`;
/** Whether the connection's own search path has no ledger, and the schema {@link SCHEMA_OF_ITS_OWN} has one. */
const IS_APART = `
  SELECT to_regclass('audit_event') IS NULL AND to_regclass('${SCHEMA_OF_ITS_OWN}.audit_event') IS NOT NULL AS is_apart`;
const MAKE_TABLE = `
  CREATE TABLE audit_migration (name text PRIMARY KEY, ran_at timestamptz(3) NOT NULL DEFAULT clock_timestamp())`;

/** Returns the schema of the database's ledger if the connection does not find the ledger without it. Rejects with the client's error. */
export async function schemaApart(session: LedgerQueries): Promise<string | undefined> {
  const [row] = await session.rows(IS_APART);
  return row?.is_apart === true ? SCHEMA_OF_ITS_OWN : undefined;
}

/** Waits until nobody else migrates the schema, and keeps others waiting until the transaction ends. */
export async function lockMigrations(runner: MigrationRunner, schema: string | undefined): Promise<void> {
  await runner.query(LOCK, [schema ?? '']);
}

/** A migration that ran. */
export interface RanMigration {
  readonly name: string;
  /** The migration's number among all migrations of the schema, from 1 on. */
  readonly nth: number;
  readonly total: number;
}

/**
 * Runs the oldest open migration of the ledger, of these rooms, or of rooms that the schema has already, as part of the runner's
 * transaction. Resolves with it, or with `undefined` if none is left.
 *
 * @throws SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`)
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
    () => rowsOf(runner, 'SELECT name FROM audit_migration FOR UPDATE'), // only the owner may, like the rest
  );
  const ran = new Set(rows.map(({ name }) => String(name)));
  const wanted = AUDIT_ROOMS.filter((room) => rooms.includes(room) || hasRun(room, ran));
  const migrations = migrationsWith(wanted).map((Migration) => new Migration());
  const next = migrations.find(({ name }) => !ran.has(name));
  if (!next) return undefined;
  await takePart(next.name, place, () => next.up(runner));
  await runner.query(`INSERT INTO audit_migration (name) VALUES ('${next.name}')`);
  await runner.query('GRANT SELECT ON audit_migration TO audit_reader'); // tells verify which rooms must be there
  return { name: next.name, nth: migrations.indexOf(next) + 1, total: migrations.length };
}

/** Prepares the schema. Resolves with its name. */
async function prepare(runner: MigrationRunner, schema: string | undefined): Promise<string> {
  if (schema !== undefined) await takePart('making it', schema, () => enterSchema(runner, schema));
  const place = await currentSchema(runner);
  if (place === undefined) throw SchemaUnusableError.none();
  const [tables] = await rowsOf(runner, TABLES);
  if (tables?.is_recorded === true) return place;
  if (tables?.is_made === true) throw SchemaUnusableError.foreign(place);
  await takePart('making the table audit_migration', place, () => runner.query(MAKE_TABLE));
  return place;
}
