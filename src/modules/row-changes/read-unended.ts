import { quote } from '../../../migrations/audit-ownership.js';
import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { nameOf, type TableName } from './captured-table.js';

/** A table that is no longer captured, although no event records the end of its capture. */
export interface UnendedTable extends TableName {
  /** Whether the database has a table of this name. */
  readonly isThere: boolean;
  readonly renamedTo: string | null;
}

const MAY_READ = `SELECT has_table_privilege($1, 'SELECT') AS may`;

/** Finds open baselines; for existing tables, only if nothing captures them. A table is followed by its oid. */
const unendedIn = (ledger: string): string => `
  SELECT b.schema_name AS schema, b.table_name AS name, own.oid IS NOT NULL AS "isThere",
         (SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.oid = b.table_oid AND own.oid IS NULL AND c.relkind IN ('r', 'p')) AS "renamedTo"
    FROM (SELECT DISTINCT ON (schema_name, table_name) * FROM ${quote(ledger)}.audit_row_baseline
           ORDER BY schema_name, table_name, position DESC) b
    LEFT JOIN (pg_class own JOIN pg_namespace home ON home.oid = own.relnamespace AND own.relkind IN ('r', 'p'))
           ON home.nspname = b.schema_name AND own.relname = b.table_name
   WHERE b.rows IS NOT NULL AND NOT EXISTS (
         SELECT FROM pg_trigger t WHERE t.tgrelid = own.oid AND t.tgname = 'row_capture_insert' AND NOT t.tgisinternal)
   ORDER BY 1, 2`;

/**
 * The tables whose capture no event ended, although nothing captures them: they were dropped or renamed, or lost their triggers. Empty for
 * a login that may not read the ledger's baselines. Rejects with the client's error.
 */
export async function readUnended(runner: MigrationRunner, ledger: string): Promise<readonly UnendedTable[]> {
  if (!(await mayRead(runner, ledger))) return [];
  return (await runner.query(unendedIn(ledger))) as readonly UnendedTable[]; // what the statement selects
}

/**
 * The names of the tables with a baseline that is not ended; `undefined` for a login that may not read the ledger's baselines. Rejects with the
 * client's error.
 */
export async function readBaselined(runner: MigrationRunner, ledger: string): Promise<ReadonlySet<string> | undefined> {
  if (!(await mayRead(runner, ledger))) return undefined;
  const open = `SELECT schema_name AS schema, table_name AS name FROM ${quote(ledger)}.audit_row_baseline WHERE rows IS NOT NULL`;
  return new Set(((await runner.query(open)) as readonly TableName[]).map(nameOf)); // what the statement selects
}

async function mayRead(runner: MigrationRunner, ledger: string): Promise<boolean> {
  const rows = await runner.query(MAY_READ, [`${quote(ledger)}.audit_row_baseline`]);
  const [right] = rows as readonly { readonly may: boolean }[]; // what the statement selects
  return right?.may === true;
}

export function describeUnended({ schema, name, isThere, renamedTo }: UnendedTable): string {
  const became = renamedTo === null ? (isThere ? 'lost its triggers' : 'was dropped') : `was renamed to ${renamedTo}`;
  return `${nameOf({ schema, name })} ${became}, and no event says that its capture ended.`;
}
