import { BASELINE } from '../../../migrations/1763600000400-audit-baseline.js';
import type { AuditMigration, MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { runFiles } from '../../../migrations/audit-ownership.js';
import { LEDGER_SQL } from '../../../src/monitoring/store/sql/ledger-sql.js';

/**
 * An example for the first migration after 0.1.0: a new field of the request, `site`. The row in `REQUEST_FIELDS` declares the field, so that
 * the baseline makes its column in new ledgers, too. `test/long/e2e/new-field.spec.ts` adds both to the build, and migrates a ledger with events.
 */
export class AuditSite1790000000000 implements AuditMigration {
  readonly name = 'AuditSite1790000000000';
  readonly does = 'Added the column site to audit_event. Events from now on have it; sealed events stay as they are.';

  /** A nullable column without a default rewrites no row. The functions and rights that name the columns are made again. */
  async up(runner: MigrationRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_event ADD COLUMN IF NOT EXISTS site text');
    const renewed = BASELINE.filter((name) => /^(?:functions|rights)\//.test(name));
    const files: Record<string, string> = {};
    for (const name of renewed)
      files[name] = LEDGER_SQL[name].replace(/^CREATE FUNCTION/m, 'CREATE OR REPLACE FUNCTION');
    await runFiles<string>(runner, files, renewed);
  }

  /** The baseline drops the table with its columns. A sealed column is never removed alone. */
  async down(): Promise<void> {
    // nothing to do
  }
}
