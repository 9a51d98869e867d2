import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { formatTableName } from '../captured-table.js';
import { checkCapture } from '../check-capture.js';
import { planTables, type CaptureRequest, type EntitySource, findLedger } from '../plan-tables.js';
import { buildEndCaptureStatements, buildCaptureStatements } from './trigger-sql.js';
import { rowChangesErrors } from '../row-changes.errors.js';

/** The part of a TypeORM data source that {@link installCapture} uses. */
export interface InstallableSource extends EntitySource {
  transaction<Result>(work: (manager: MigrationRunner) => Promise<Result>): Promise<Result>;
}

const LOCK = `SELECT pg_advisory_xact_lock(hashtext('nestjs-audit-ledger row capture'))`;

/**
 * Creates or updates the capture triggers by the rules of the entities, in one transaction. The function also ends the capture of dropped
 * and renamed tables. Call this function if the application migrates at boot; otherwise, use `capture generate`. Resolves with the tables
 * whose triggers this function replaced. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_CAPTURE_IMPOSSIBLE` if a rule does not fit the database, or the database has no ledger
 */
export async function installCapture(
  source: InstallableSource,
  { tables, schema }: Pick<CaptureRequest, 'tables'> & { readonly schema?: string } = {},
): Promise<readonly string[]> {
  return source.transaction(async (runner) => {
    await runner.query(LOCK);
    const { database, schema: ledger } = await findLedger(runner, schema);
    if (ledger === null) throw rowChangesErrors.AUDIT_CAPTURE_IMPOSSIBLE.noLedger(database);
    const found = await checkCapture(runner, await planTables(runner, { source, tables }), ledger);
    const stale = found.tables.filter(({ problems }) => problems.length > 0).map(({ table }) => table);
    const removed = found.unended.filter(({ isThere }) => !isThere);
    const statements = [
      ...stale.flatMap((table) => buildCaptureStatements(table, ledger)),
      ...removed.flatMap((table) => buildEndCaptureStatements(table, ledger)),
    ];
    for (const statement of statements) await runner.query(statement);
    return stale.map(formatTableName);
  });
}
