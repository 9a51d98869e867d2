import { AuditBaseline1763600000400 } from './1763600000400-audit-baseline.js';
import type { AuditMigration } from './audit-migration.types.js';

/** The migrations of the ledger, oldest first: for the `migrations` of an application's own TypeORM data source. */
export const AUDIT_MIGRATIONS: readonly (new () => AuditMigration)[] = [AuditBaseline1763600000400];
