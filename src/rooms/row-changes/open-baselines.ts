import { quote } from '../../../migrations/audit-ownership.js';
import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { nameOf, type TableName } from './captured-table.js';

/** A table with a baseline, if no event records the end of its capture. */
export interface OpenBaseline extends TableName {
  /** Whether the database has a table of this name. */
  readonly isThere: boolean;
  readonly isCaptured: boolean;
  readonly renamedTo: string | null;
}

const MAY_READ = `SELECT has_table_privilege($1, 'SELECT') AS may`;

/** The oid finds a table even after it was renamed, so the query returns the table's new name. */
const openIn = (baselines: string): string => `
  SELECT b.schema_name AS schema, b.table_name AS name, own.oid IS NOT NULL AS "isThere",
         EXISTS (SELECT FROM pg_trigger t
                  WHERE t.tgrelid = own.oid AND t.tgname = 'row_capture_insert' AND NOT t.tgisinternal) AS "isCaptured",
         (SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.oid = b.table_oid AND own.oid IS NULL AND c.relkind IN ('r', 'p')) AS "renamedTo"
    FROM (SELECT DISTINCT ON (schema_name, table_name) * FROM ${baselines} ORDER BY schema_name, table_name, position DESC) b
    LEFT JOIN (pg_class own JOIN pg_namespace home ON home.oid = own.relnamespace AND own.relkind IN ('r', 'p'))
           ON home.nspname = b.schema_name AND own.relname = b.table_name
   WHERE b.rows IS NOT NULL ORDER BY 1, 2`;

/**
 * Reads the open baselines, sorted by name. Resolves with `undefined` if the login may not read baselines. Rejects with the error of the
 * database client.
 */
export async function readOpenBaselines(
  runner: MigrationRunner,
  ledger: string,
): Promise<readonly OpenBaseline[] | undefined> {
  const baselines = `${quote(ledger)}.audit_row_baseline`;
  const [right] = (await runner.query(MAY_READ, [baselines])) as readonly { readonly may: boolean }[]; // the selected columns
  return right?.may ? ((await runner.query(openIn(baselines))) as readonly OpenBaseline[]) : undefined; // the selected columns
}

/** Describes a table whose capture ended without an event. */
export function describeUnended({ schema, name, isThere, renamedTo }: OpenBaseline): string {
  const became = renamedTo === null ? (isThere ? 'lost its triggers' : 'was dropped') : `was renamed to ${renamedTo}`;
  return `${nameOf({ schema, name })} ${became}, but no event records the end of its capture.`;
}
