-- Functions that run with the owner's rights, since the roles that call them have no right on the tables. PUBLIC may call
-- none of them: anyone could call them on tables of their own. The search path ends with temporary tables: a temporary
-- table named audit_event would else receive the events of its session.
DO $$
DECLARE
  signature text;
BEGIN
  FOREACH signature IN ARRAY ARRAY[
    'audit_event_make_partition(timestamptz)',
    'audit_event_enqueue()',
    'audit_retention_survey(jsonb, timestamptz, text)',
    'audit_retirement_plan(uuid, text, text, timestamptz, bigint)',
    'audit_retirement_cancel(uuid)',
    'audit_retirement_archived(uuid, uuid, bytea)',
    'audit_retirement_announced(uuid)',
    'audit_retire(uuid, integer)',
    'audit_retire_month(uuid)',
    'audit_erase(uuid[])',
    'audit_events_of(text, uuid, uuid, integer)',
    'audit_events_naming(text[], uuid, uuid, integer)',
    'audit_fact_names(uuid[])',
    'audit_exports_with(bigint[], integer)',
    'audit_context()',
    'audit_context_problem()',
    'audit_context_signed(text[], text[])',
    'audit_row_change_digests()',
    'audit_context_key_states()',
    'audit_row_parked_of(text, text[], xid8, bigint, integer)'
  ] LOOP
    EXECUTE format(
      'ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', signature, current_schema());
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
  END LOOP;
  -- These run with the caller's rights.
  FOREACH signature IN ARRAY ARRAY[
    'audit_event_append(json, integer)',
    'audit_row_salt()',
    'audit_row_retired_digests()',
    'audit_row_baseline_tell(text, text, jsonb)',
    'audit_row_baseline_take(text, text, text, text[], text[], text[], boolean)',
    'audit_row_baseline_end(text, text)'
  ] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION audit_retirement_open(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_row_masks(jsonb, text[], text[], text[], bytea), audit_row_value(anyelement, bytea), audit_row_labels(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_row_key(jsonb), audit_row_json(text), audit_row_facts(text, json, json), audit_row_kept(text, json, json), audit_row_key_fold(text, bytea),
  audit_row_set_digest(uuid), audit_row_salt(), audit_row_retired_digests(),
  audit_row_baseline_tell(text, text, jsonb), audit_row_baseline_end(text, text),
  audit_row_baseline_take(text, text, text, text[], text[], text[], boolean) FROM PUBLIC;
