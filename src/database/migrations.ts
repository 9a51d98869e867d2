import type { MigrationInterface } from 'typeorm';
import { Auth1763600000100 } from '../../migrations/1763600000100-auth.js';
import { Orders1763600000200 } from '../../migrations/1763600000200-orders.js';
import { Products1763600000250 } from '../../migrations/1763600000250-products.js';
import { Tenancy1763600000300 } from '../../migrations/1763600000300-tenancy.js';
import { Administration1763600000350 } from '../../migrations/1763600000350-administration.js';
import { AuditLedger1763600000400 } from '../../migrations/1763600000400-audit-ledger.js';
import { AuditIntegrity1763600000500 } from '../../migrations/1763600000500-audit-integrity.js';
import { AuditRoles1763600000600 } from '../../migrations/1763600000600-audit-roles.js';
import { AuditRetention1763600000700 } from '../../migrations/1763600000700-audit-retention.js';
import { AuditErasure1763600000800 } from '../../migrations/1763600000800-audit-erasure.js';

/** The migrations of the ledger alone, for a database of its own. */
export const LEDGER_MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  AuditLedger1763600000400,
  AuditIntegrity1763600000500,
  AuditRoles1763600000600,
  AuditRetention1763600000700,
  AuditErasure1763600000800,
];

/** The migrations to run, oldest first: the features' own, and the ledger's when monitoring is on. */
export function migrationsFor({ monitoring }: { readonly monitoring: boolean }): (new () => MigrationInterface)[] {
  return [
    Auth1763600000100,
    Orders1763600000200,
    Products1763600000250,
    Tenancy1763600000300,
    Administration1763600000350,
    ...(monitoring ? LEDGER_MIGRATIONS : []),
  ];
}
