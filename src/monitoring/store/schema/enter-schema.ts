import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { quote } from '../../../../migrations/audit-ownership.js';
import { resetSearchPath } from '../sessions/session-settings.js';
import { schemaErrors } from '../../errors/schema.errors.js';
import { hasCode } from '../../../base/errors/error-facts.js';

type Row = Readonly<Record<string, unknown>>;

/** CREATE SCHEMA IF NOT EXISTS requires the right to create schemas, even if the schema exists. So this statement checks first. */
const MISSING = `
  SELECT format('CREATE SCHEMA %I', $1::text) AS statement
   WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1::text)`;
const RETURN = `SELECT set_config('search_path', $1, true)`;
const CURRENT = 'SELECT current_schema() AS name';

/**
 * Creates a database schema if it is missing, and sets it as the search path of the transaction. Resolves with a function that restores the
 * search path. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE`
 */
export async function enterSchema(runner: MigrationRunner, schema: string): Promise<() => Promise<void>> {
  const before = await resetSearchPath((text, values) => queryRows(runner, text, values), schema);
  const [missing] = await queryRows(runner, MISSING, [schema]);
  if (missing) await runner.query(String(missing.statement));
  await runner.query(`SET LOCAL search_path TO ${quote(schema)}`);
  if ((await readCurrentSchema(runner)) !== schema) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.notEntered(schema);
  return async () => {
    await runner.query(RETURN, [before]);
  };
}

/** Returns the schema in which tables are created; `undefined` if the search path names no existing schema. */
export async function readCurrentSchema(runner: MigrationRunner): Promise<string | undefined> {
  const [row] = await queryRows(runner, CURRENT);
  return typeof row?.name === 'string' ? row.name : undefined;
}

export async function queryRows(
  runner: MigrationRunner,
  text: string,
  values: unknown[] = [],
): Promise<readonly Row[]> {
  return (await runner.query(text, values)) as readonly Row[]; // a runner returns rows, by its contract
}

/** Runs a part of a migration. @throws `AUDIT_SCHEMA_UNUSABLE` that names the part */
export async function runPart<Result>(part: string, schema: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw hasCode(error, 'AUDIT_SCHEMA_UNUSABLE')
      ? error
      : schemaErrors.AUDIT_SCHEMA_UNUSABLE.failed(part, schema, error);
  }
}
