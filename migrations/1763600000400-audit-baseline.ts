import { LEDGER_SQL } from '../src/monitoring/store/sql/ledger-sql.js';
import type { SqlName } from '../src/monitoring/store/sql/sql.generated.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';
import { runFiles } from './audit-ownership.js';

/**
 * `audit_writer` adds events, `audit_sequencer` seals, `audit_reader` reads, `audit_keeper` retires and erases. Even the owner has no right
 * to change or remove events.
 */
export class AuditBaseline1763600000400 implements AuditMigration {
  readonly name = 'AuditBaseline1763600000400';
  readonly does = 'Made the tables, functions and roles of the ledger.';

  async up(runner: MigrationRunner): Promise<void> {
    await runFiles(runner, LEDGER_SQL, BASELINE);
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runFiles(runner, LEDGER_SQL, ['setup/drop']);
  }
}

/** Each SQL file comes after the files that it needs. */
export const BASELINE: readonly SqlName[] = [
  'setup/server',
  'setup/roles',
  'tables/audit_event',
  'tables/audit_inbox',
  'tables/audit_parked',
  'tables/audit_once',
  'tables/audit_head',
  'tables/audit_leaf',
  'tables/audit_tile',
  'tables/audit_checkpoint',
  'tables/audit_signing_key',
  'tables/audit_cosignature',
  'tables/audit_act',
  'tables/audit_publication',
  'tables/audit_consumer',
  'tables/audit_consumer_parked',
  'tables/audit_legal_hold',
  'tables/audit_retirement',
  'tables/audit_retired_range',
  'tables/audit_erasure',
  'tables/audit_erasure_list',
  'tables/audit_erased',
  'functions/audit_role',
  'functions/audit_event_refuse_change',
  'functions/audit_event_first_id',
  'functions/audit_event_make_partition',
  'functions/audit_inbox_refuse_autocommit',
  'functions/audit_accept',
  'functions/audit_try_accept',
  'functions/audit_log_refuse_change',
  'functions/audit_names_related',
  'functions/audit_hold_covers',
  'functions/audit_is_held',
  'functions/audit_days',
  'functions/audit_retention_days',
  'functions/audit_is_due',
  'functions/audit_partition_bounds',
  'functions/audit_has_table',
  'functions/audit_sealed_size',
  'functions/audit_retention_survey',
  'functions/audit_retirement_plan',
  'functions/audit_retirement_cancel',
  'functions/audit_retirement_archived',
  'functions/audit_retirement_announced',
  'functions/audit_retirement_open',
  'functions/audit_retire',
  'functions/audit_retire_month',
  'functions/audit_erase',
  'functions/audit_events_about',
  'functions/audit_images_about',
  'functions/audit_events_naming',
  'functions/audit_fact_names',
  'functions/audit_exports_with',
  'functions/audit_erasure_digests',
  'functions/audit_waiting',
  'functions/audit_known',
  'triggers/audit_inbox_in_block',
  'triggers/audit_event_append_only',
  'triggers/audit_event_no_truncate',
  'triggers/audit_leaf_append_only',
  'triggers/audit_checkpoint_append_only',
  'triggers/audit_signing_key_append_only',
  'triggers/audit_cosignature_append_only',
  'triggers/audit_act_append_only',
  'triggers/audit_erased_append_only',
  'policies/audit_event_write',
  'policies/audit_event_read',
  'grants/owner',
  'grants/functions',
  'grants/audit_writer',
  'grants/audit_sequencer',
  'grants/audit_reader',
  'grants/audit_keeper',
  'setup/first_partition',
];
