export { migrateLedger, SCHEMA_OF_ITS_OWN, type MigratedLedger, type MigrateLedgerOptions } from './migrate-ledger.js';
export { auditMigrationsIn } from './migrations-in-schema.js';
export { SchemaUnusableError } from './schema.errors.js';
