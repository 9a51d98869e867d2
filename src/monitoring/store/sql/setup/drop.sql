-- Removes the ledger with all events, and its roles.
DROP FUNCTION
  audit_waiting(uuid[]),
  audit_known(uuid[]),
  audit_erasure_digests(),
  audit_exports_with(bigint[], integer),
  audit_fact_names(uuid[]),
  audit_events_naming(text[], uuid, uuid, integer),
  audit_events_about(text, uuid, uuid, integer),
  audit_images_about(uuid),
  audit_erase(uuid[]),
  audit_retire_month(uuid),
  audit_retire(uuid, integer),
  audit_retirement_open(uuid),
  audit_retirement_announced(uuid),
  audit_retirement_archived(uuid, uuid, bytea),
  audit_retirement_cancel(uuid),
  audit_retirement_plan(uuid, text, text, timestamptz, bigint),
  audit_retention_survey(jsonb, timestamptz, text),
  audit_sealed_size(),
  audit_has_table(text),
  audit_partition_bounds(text),
  audit_is_due(audit_event, jsonb, timestamptz),
  audit_retention_days(audit_event, jsonb),
  audit_days(text),
  audit_is_held(audit_event),
  audit_hold_covers(audit_legal_hold, audit_event),
  audit_names_related(audit_event, text, text),
  audit_try_accept(smallint, bytea, bytea, text, integer, text),
  audit_accept(smallint, bytea, bytea, text, integer, text),
  audit_event_make_partition(timestamptz),
  audit_event_first_id(timestamptz),
  audit_role(text);
DROP TABLE audit_event, audit_inbox, audit_parked, audit_once, audit_head, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_cosignature,
  audit_act, audit_publication, audit_consumer_parked, audit_consumer, audit_legal_hold, audit_retired_range, audit_retirement, audit_erasure_list, audit_erasure,
  audit_erased;
DROP FUNCTION audit_event_refuse_change(), audit_log_refuse_change(), audit_inbox_refuse_autocommit();
-- A role stays if a copy of this database uses it, or if this login may not drop roles.
DO $$
DECLARE
  unwanted text;
BEGIN
  FOREACH unwanted IN ARRAY ARRAY['audit_writer', 'audit_sequencer', 'audit_reader', 'audit_keeper'] LOOP
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', current_schema(), unwanted);
    BEGIN
      EXECUTE format('DROP ROLE %I', unwanted);
    EXCEPTION WHEN insufficient_privilege OR dependent_objects_still_exist THEN
      NULL;
    END;
  END LOOP;
END $$;
