-- The keeper carries out retention, legal holds and erasures: by functions that check each step, by signed acts, and by the acts' events.
GRANT SELECT, INSERT ON audit_act TO audit_keeper;
GRANT SELECT ON audit_head, audit_leaf, audit_checkpoint, audit_legal_hold, audit_retirement, audit_retired_range TO audit_keeper;
GRANT INSERT, UPDATE (released_at, released_by, release_reason, released_act) ON audit_legal_hold TO audit_keeper;
GRANT UPDATE (kept_before) ON audit_retirement TO audit_keeper;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_erasure TO audit_keeper;
GRANT SELECT, INSERT, DELETE ON audit_erasure_list TO audit_keeper;
GRANT SELECT, INSERT ON audit_erased TO audit_keeper;
-- A parked line may name the person.
GRANT SELECT ON audit_parked TO audit_keeper;
GRANT EXECUTE ON FUNCTION
  audit_retention_survey(jsonb, timestamptz, text),
  audit_retirement_plan(uuid, text, text, timestamptz, bigint),
  audit_retirement_cancel(uuid),
  audit_retirement_archived(uuid, uuid, bytea),
  audit_retirement_announced(uuid),
  audit_retire(uuid, integer),
  audit_retire_month(uuid),
  audit_erase(uuid[]),
  audit_events_about(text, uuid, uuid, integer),
  audit_events_naming(text[], uuid, uuid, integer),
  audit_fact_names(uuid[]),
  audit_exports_with(bigint[], integer)
TO audit_keeper;
