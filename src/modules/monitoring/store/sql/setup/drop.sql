-- Removes the ledger, and every event with it. The roles stay: other databases of the cluster may use them.
DROP FUNCTION
  audit_exports_with(uuid, integer),
  audit_fact_names(uuid[]),
  audit_events_naming(text[], uuid, uuid, integer),
  audit_events_of(text, uuid, uuid, integer),
  audit_erase(uuid[]),
  audit_retire_month(uuid),
  audit_retire(uuid, integer),
  audit_retirement_open(uuid),
  audit_retirement_announced(uuid),
  audit_retirement_archived(uuid, uuid, bytea),
  audit_retirement_cancel(uuid),
  audit_retirement_plan(uuid, text, text, timestamptz, bigint),
  audit_retention_survey(jsonb, timestamptz, text),
  audit_partition_bounds(text),
  audit_is_due(audit_event, jsonb, timestamptz),
  audit_retention_days(audit_event, jsonb),
  audit_days(text),
  audit_is_held(audit_event),
  audit_hold_covers(audit_legal_hold, audit_event),
  audit_event_append(json, integer),
  audit_event_make_partition(timestamptz),
  audit_event_first_id(timestamptz);
DROP TABLE audit_event, audit_unsequenced, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_cosignature,
  audit_act, audit_publication, audit_legal_hold, audit_retired_range, audit_retirement, audit_erasure_list, audit_erasure,
  audit_erased;
DROP FUNCTION audit_event_enqueue(), audit_event_refuse_change(), audit_log_refuse_change();
