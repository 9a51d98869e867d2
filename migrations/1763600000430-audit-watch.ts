import { SQL, type SqlName } from '../src/rooms/watch/sql/sql.generated.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';
import { runFiles } from './audit-ownership.js';

export class AuditWatch1763600000430 implements AuditMigration {
  readonly name = 'AuditWatch1763600000430';

  async up(runner: MigrationRunner): Promise<void> {
    await runFiles(runner, SQL, WATCH);
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query(SQL['setup/drop']);
  }
}

/** Each SQL file comes after the files that it needs. */
export const WATCH: readonly SqlName[] = ['tables/audit_watch', 'rights/roles'];
