import { AuditLedger1763600000400 } from './1763600000400-audit-ledger.js';
import { AuditIntegrity1763600000500 } from './1763600000500-audit-integrity.js';
import { AuditRoles1763600000600 } from './1763600000600-audit-roles.js';
import { AuditRetention1763600000700 } from './1763600000700-audit-retention.js';
import { AuditErasure1763600000800 } from './1763600000800-audit-erasure.js';
import type { AuditMigration } from './audit-migration.types.js';

/** The migrations of the ledger, oldest first: for the `migrations` of an application's own TypeORM data source. */
export const AUDIT_MIGRATIONS: readonly (new () => AuditMigration)[] = [
  AuditLedger1763600000400,
  AuditIntegrity1763600000500,
  AuditRoles1763600000600,
  AuditRetention1763600000700,
  AuditErasure1763600000800,
];
