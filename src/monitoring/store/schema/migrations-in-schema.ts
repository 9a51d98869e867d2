import type { AuditMigration, MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { migrationsWith, type AuditRoom } from '../../../../migrations/audit-migrations.js';
import { enterSchema } from './enter-schema.js';
import { roomsNamed } from './rooms-there.js';

/**
 * Returns the migrations of the ledger and of rooms for a separate database schema. The migrations create the schema if it is missing.
 * TypeORM records migrations in its own table, outside that schema. Each migration needs a transaction: set TypeORM's
 * `migrationsTransactionMode` to `all` or `each`.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE` for an unknown room
 */
export function auditMigrationsIn(
  schema: string,
  { with: rooms = [] }: { readonly with?: readonly AuditRoom[] } = {},
): (new () => AuditMigration)[] {
  return migrationsWith(roomsNamed(rooms)).map((migration) => inSchema(migration, schema));
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
