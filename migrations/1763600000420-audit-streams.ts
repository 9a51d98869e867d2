import { SQL, type SqlName } from '../src/rooms/streams/sql/sql.generated.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';
import { runFiles } from './audit-ownership.js';

export class AuditStreams1763600000420 implements AuditMigration {
  readonly name = 'AuditStreams1763600000420';

  async up(runner: MigrationRunner): Promise<void> {
    await runFiles(runner, SQL, STREAMS);
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query(SQL['setup/drop']);
  }
}

/** Each SQL file comes after the files that it needs. */
export const STREAMS: readonly SqlName[] = [
  'tables/audit_stream',
  'tables/audit_stream_parked',
  'policies/audit_stream_parked_read',
  'policies/audit_stream_parked_write',
  'rights/roles',
];
