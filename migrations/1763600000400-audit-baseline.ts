import { SQL, type SqlName } from '../src/modules/monitoring/store/sql/sql.generated.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';

/**
 * Creates the ledger: tables, functions, triggers, policies and the rights of its four roles. `audit_writer` adds events,
 * `audit_sequencer` seals them, `audit_reader` reads what row-level security permits, `audit_keeper` calls the functions of
 * retention and erasure. The owner, the role that migrates, has no right to change or remove events.
 */
export class AuditBaseline1763600000400 implements AuditMigration {
  readonly name = 'AuditBaseline1763600000400';

  async up(runner: MigrationRunner): Promise<void> {
    for (const file of BASELINE) await runner.query(SQL[file]);
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query(SQL['setup/drop']);
  }
}

/** The SQL files of the ledger, each after those that it needs. */
export const BASELINE: readonly SqlName[] = [
  'setup/server',
  'setup/roles',
  'tables/audit_event',
  'tables/audit_unsequenced',
  'tables/audit_leaf',
  'tables/audit_tile',
  'tables/audit_checkpoint',
  'tables/audit_signing_key',
  'tables/audit_cosignature',
  'tables/audit_act',
  'tables/audit_publication',
  'tables/audit_legal_hold',
  'tables/audit_retirement',
  'tables/audit_retired_range',
  'tables/audit_erasure',
  'tables/audit_erasure_list',
  'tables/audit_erased',
  'tables/audit_row_change',
  'tables/audit_row_change_parked',
  'tables/audit_row_image',
  'tables/audit_row_salt',
  'tables/audit_row_baseline',
  'tables/audit_row_baseline_digest',
  'tables/audit_row_retired',
  'tables/audit_capture_state',
  'tables/audit_context_key',
  'functions/audit_event_refuse_change',
  'functions/audit_event_first_id',
  'functions/audit_event_make_partition',
  'functions/audit_event_append',
  'functions/audit_event_enqueue',
  'functions/audit_log_refuse_change',
  'functions/audit_hold_covers',
  'functions/audit_is_held',
  'functions/audit_days',
  'functions/audit_retention_days',
  'functions/audit_is_due',
  'functions/audit_partition_bounds',
  'functions/audit_retention_survey',
  'functions/audit_retirement_plan',
  'functions/audit_retirement_cancel',
  'functions/audit_retirement_archived',
  'functions/audit_retirement_announced',
  'functions/audit_retirement_open',
  'functions/audit_row_key',
  'functions/audit_row_facts',
  'functions/audit_retire',
  'functions/audit_retire_month',
  'functions/audit_erase',
  'functions/audit_events_of',
  'functions/audit_events_naming',
  'functions/audit_fact_names',
  'functions/audit_exports_with',
  'functions/audit_context',
  'functions/audit_context_signed',
  'functions/audit_row_salt',
  'functions/audit_row_masks',
  'functions/audit_row_key_fold',
  'functions/audit_row_change_digests',
  'functions/audit_row_set_digest',
  'functions/audit_row_baseline_tell',
  'functions/audit_row_baseline_take',
  'functions/audit_row_baseline_end',
  'functions/audit_context_problem',
  'triggers/audit_event_append_only',
  'triggers/audit_event_no_truncate',
  'triggers/audit_event_enqueue',
  'triggers/audit_leaf_append_only',
  'triggers/audit_checkpoint_append_only',
  'triggers/audit_signing_key_append_only',
  'triggers/audit_cosignature_append_only',
  'triggers/audit_act_append_only',
  'triggers/audit_erased_append_only',
  'policies/audit_event_write',
  'policies/audit_event_read',
  'policies/audit_row_baseline_digest_write',
  'policies/audit_row_baseline_digest_forget',
  'policies/audit_row_baseline_digest_read',
  'policies/audit_row_retired_read',
  'policies/audit_row_image_write',
  'policies/audit_row_image_read',
  'rights/owner',
  'rights/functions',
  'rights/audit_writer',
  'rights/audit_sequencer',
  'rights/audit_reader',
  'rights/audit_keeper',
  'setup/first_partition',
  'setup/row_salt',
];
