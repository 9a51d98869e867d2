import type { AuditMigration, MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import { AUDIT_MIGRATIONS } from '../../../../../migrations/audit-migrations.js';
import { enterSchema } from './enter-schema.js';

/**
 * {@link AUDIT_MIGRATIONS} for a database schema of the ledger's own, which is made when it is missing. Where TypeORM keeps
 * its record of what ran does not change. They need a transaction: TypeORM's `migrationsTransactionMode` `all` or `each`.
 */
export function auditMigrationsIn(schema: string): (new () => AuditMigration)[] {
  return AUDIT_MIGRATIONS.map((migration) => inSchema(migration, schema));
}

function inSchema(Migration: new () => AuditMigration, schema: string): new () => AuditMigration {
  return class implements AuditMigration {
    private readonly migration = new Migration();
    readonly name = this.migration.name;

    async up(runner: MigrationRunner): Promise<void> {
      const leave = await enterSchema(runner, schema);
      await this.migration.up(runner);
      await leave();
    }

    async down(runner: MigrationRunner): Promise<void> {
      const leave = await enterSchema(runner, schema);
      await this.migration.down(runner);
      await leave();
    }
  };
}
