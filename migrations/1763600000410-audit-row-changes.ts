import { SQL, type SqlName } from '../src/extensions/row-changes/sql/sql.generated.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';
import { runFiles } from './audit-ownership.js';

export class AuditRowChanges1763600000410 implements AuditMigration {
  readonly name = 'AuditRowChanges1763600000410';
  readonly does = 'Made the tables and functions of row changes.';

  async up(runner: MigrationRunner): Promise<void> {
    await runFiles(runner, SQL, ROW_CHANGES);
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query(SQL['setup/drop']);
  }
}

/** Each SQL file comes after the files that it needs. */
export const ROW_CHANGES: readonly SqlName[] = [
  'tables/audit_row_change',
  'tables/audit_row_change_parked',
  'tables/audit_row_image',
  'tables/audit_row_salt',
  'tables/audit_row_baseline',
  'tables/audit_row_baseline_digest',
  'tables/audit_row_retired',
  'tables/audit_capture_state',
  'tables/audit_context_key',
  'functions/audit_row_key',
  'functions/audit_row_json',
  'functions/audit_row_facts',
  'functions/audit_row_stored_digests',
  'functions/audit_context',
  'functions/audit_context_signed',
  'functions/audit_context_key_states',
  'functions/audit_row_salt',
  'functions/audit_row_layout',
  'functions/audit_row_value',
  'functions/audit_row_types',
  'functions/audit_row_labels',
  'functions/audit_row_inexact',
  'functions/audit_row_masks',
  'functions/audit_row_key_fold',
  'functions/audit_row_parked_about',
  'functions/audit_row_change_digests',
  'functions/audit_row_set_digest',
  'functions/audit_row_retired_digests',
  'functions/audit_row_baseline_enqueue',
  'functions/audit_row_baseline_create',
  'functions/audit_row_baseline_end',
  'functions/audit_context_problem',
  'policies/audit_row_baseline_digest_write',
  'policies/audit_row_baseline_digest_forget',
  'policies/audit_row_baseline_digest_read',
  'policies/audit_row_retired_read',
  'policies/audit_row_retired_keep',
  'policies/audit_row_image_write',
  'policies/audit_row_image_read',
  'grants/functions',
  'grants/roles',
  'setup/row_salt',
];
