import { SQL, type SqlName } from '../src/extensions/jetstream/sql/sql.generated.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';
import { runFiles } from './audit-ownership.js';

export class AuditJetstream1763600000440 implements AuditMigration {
  readonly name = 'AuditJetstream1763600000440';
  readonly does = 'Made the table of the events that come through JetStream.';

  async up(runner: MigrationRunner): Promise<void> {
    await runFiles(runner, SQL, JETSTREAM);
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query(SQL['setup/drop']);
  }
}

/** Each SQL file comes after the files that it needs. */
export const JETSTREAM: readonly SqlName[] = ['tables/audit_ingest', 'grants/roles'];
