import type { AuditMigration, MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import { migrationsWith, type AuditRoom } from '../../../../../migrations/audit-migrations.js';
import { enterSchema } from './enter-schema.js';
import { roomsNamed } from './rooms-there.js';

/**
 * The migrations of the ledger and of rooms, for a database schema of their own, which is made if it is missing. TypeORM's own record of
 * migrations stays where it is. They need a transaction: TypeORM's `migrationsTransactionMode` `all` or `each`.
 *
 * @throws SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`) for an unknown room
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
