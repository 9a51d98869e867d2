import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { CaptureError } from './capture.error.js';
import { nameOf } from './captured-table.js';
import { checkCapture } from './check-capture.js';
import { planTables, type CaptureWishes, type EntitySource } from './plan-tables.js';
import { findLedger } from './read-tables.js';
import { endCaptureStatements, captureStatements } from './trigger-sql.js';

/** The members of a TypeORM data source that are used here. */
export interface InstallableSource extends EntitySource {
  transaction<Result>(work: (manager: MigrationRunner) => Promise<Result>): Promise<Result>;
}

/** Lets one instance install; the others wait for it, and find nothing to do. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtext('nestjs-audit-ledger row capture'))`;

/**
 * Updates the triggers of captured tables to the entities' rules, in one transaction, for applications that migrate at their boot. It ends
 * the capture of dropped and renamed tables. Resolves with the tables whose triggers it replaced. If migrations run separately, use
 * `capture generate`.
 *
 * @throws CaptureError (`AUDIT_CAPTURE_IMPOSSIBLE`) where a rule cannot be followed, or the database holds no ledger; else what the
 *   client rejects with
 */
export async function installCapture(
  source: InstallableSource,
  { tables, schema }: Pick<CaptureWishes, 'tables'> & { readonly schema?: string } = {},
): Promise<readonly string[]> {
  return source.transaction(async (runner) => {
    await runner.query(LOCK);
    const { database, schema: ledger } = await findLedger(runner, schema);
    if (ledger === null) throw CaptureError.noLedger(database);
    const found = await checkCapture(runner, await planTables(runner, { source, tables }), ledger);
    const stale = found.tables.filter(({ problems }) => problems.length > 0).map(({ table }) => table);
    const gone = found.unended.filter(({ isThere }) => !isThere);
    const statements = [
      ...stale.flatMap((table) => captureStatements(table, ledger)),
      ...gone.flatMap((table) => endCaptureStatements(table, ledger)),
    ];
    for (const statement of statements) await runner.query(statement);
    return stale.map(nameOf);
  });
}
