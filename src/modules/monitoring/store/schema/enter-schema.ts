import type { MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import { quote } from '../../../../../migrations/audit-ownership.js';
import { SchemaUnusableError } from './schema.error.js';

type Row = Readonly<Record<string, unknown>>;

/** Asked for first: CREATE SCHEMA IF NOT EXISTS needs the right to make one even where it is there. */
const MISSING = `
  SELECT format('CREATE SCHEMA %I', $1::text) AS statement
   WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1::text)`;
const PATH = `SELECT current_setting('search_path') AS path`;
const RETURN = `SELECT set_config('search_path', $1, true)`;
const CURRENT = 'SELECT current_schema() AS name';

/**
 * Makes a database schema if it is missing, and has all that follows in the transaction happen in it. Resolves with what ends
 * that. Rejects with the client's error.
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

/** The schema that tables are made in; `undefined` where the search path names none that is there. */
export async function currentSchema(runner: MigrationRunner): Promise<string | undefined> {
  const [row] = await rowsOf(runner, CURRENT);
  return typeof row?.name === 'string' ? row.name : undefined;
}

/** What a runner's statement selects. */
export async function rowsOf(runner: MigrationRunner, text: string, values: unknown[] = []): Promise<readonly Row[]> {
  return (await runner.query(text, values)) as readonly Row[]; // as the contract of a runner says
}
