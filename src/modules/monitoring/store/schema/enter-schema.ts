import type { MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import { quote } from '../../../../../migrations/audit-ownership.js';
import { SchemaUnusableError } from './schema.error.js';

type Row = Readonly<Record<string, unknown>>;

/** Checks first whether the schema is missing: CREATE SCHEMA IF NOT EXISTS needs the right to make one even if it exists. */
const MISSING = `
  SELECT format('CREATE SCHEMA %I', $1::text) AS statement
   WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1::text)`;
const PATH = `SELECT current_setting('search_path') AS path`;
const RETURN = `SELECT set_config('search_path', $1, true)`;
const CURRENT = 'SELECT current_schema() AS name';

/**
 * Makes a database schema if it is missing, and lets the rest of the transaction run in it. Resolves with a function that ends this.
 * Rejects with the client's error.
 *
 * @throws SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`)
 */
export async function enterSchema(runner: MigrationRunner, schema: string): Promise<() => Promise<void>> {
  const [missing] = await rowsOf(runner, MISSING, [schema]);
  if (missing) await runner.query(String(missing.statement));
  const [before] = await rowsOf(runner, PATH);
  await runner.query(`SET LOCAL search_path TO ${quote(schema)}`);
  if ((await currentSchema(runner)) !== schema) throw SchemaUnusableError.notEntered(schema);
  return async () => {
    await runner.query(RETURN, [before?.path]);
  };
}

/** The schema in which tables are made; `undefined` if the search path names no existing one. */
export async function currentSchema(runner: MigrationRunner): Promise<string | undefined> {
  const [row] = await rowsOf(runner, CURRENT);
  return typeof row?.name === 'string' ? row.name : undefined;
}

/** The rows of a runner's statement. */
export async function rowsOf(runner: MigrationRunner, text: string, values: unknown[] = []): Promise<readonly Row[]> {
  return (await runner.query(text, values)) as readonly Row[]; // a runner returns rows, by its contract
}

/** Resolves with the result of a part of a migration. @throws SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`) naming the part */
export async function takePart<Result>(part: string, schema: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SchemaUnusableError ? error : SchemaUnusableError.failed(part, schema, error);
  }
}
