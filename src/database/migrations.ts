import type { MigrationInterface } from 'typeorm';
import { Auth1763600000100 } from '../../migrations/1763600000100-auth.js';
import { Orders1763600000200 } from '../../migrations/1763600000200-orders.js';
import { Products1763600000250 } from '../../migrations/1763600000250-products.js';
import { Tenancy1763600000300 } from '../../migrations/1763600000300-tenancy.js';
import { AUDIT_ROOMS, migrationsWith } from '../../migrations/audit-migrations.js';

/** The migrations to run, oldest first: the features' own, and the ledger's with every room when monitoring is on. */
export function migrationsFor({ monitoring }: { readonly monitoring: boolean }): (new () => MigrationInterface)[] {
  return [
    Auth1763600000100,
    Orders1763600000200,
    Products1763600000250,
    Tenancy1763600000300,
    ...(monitoring ? migrationsWith(AUDIT_ROOMS) : []),
  ];
}
