-- These functions run with the owner's rights, because the roles that call them have too few rights on the tables. PUBLIC may not call
-- these functions, which change what the owner protects. Temporary tables come last in the search path. Otherwise, a temporary table named
-- audit_event would receive its session's events.
DO $$
DECLARE
  signature text;
BEGIN
  FOREACH signature IN ARRAY ARRAY[
    'audit_event_make_partition(timestamptz)',
    'audit_retention_survey(jsonb, timestamptz, text)',
    'audit_retirement_plan(uuid, text, text, timestamptz, bigint)',
    'audit_retirement_cancel(uuid)',
    'audit_retirement_archived(uuid, uuid, bytea)',
    'audit_retirement_announced(uuid)',
    'audit_retire(uuid, integer)',
    'audit_retire_month(uuid)',
    'audit_erase(uuid[])',
    'audit_events_about(text, uuid, uuid, integer)',
    'audit_events_naming(text[], uuid, uuid, integer)',
    'audit_fact_names(uuid[])',
    'audit_exports_with(bigint[], integer)',
    'audit_erasure_digests()',
    'audit_waiting(uuid[])',
    'audit_known(uuid[])'
  ] LOOP
    EXECUTE format(
      'ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', signature, current_schema());
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
  END LOOP;
  -- These run with the caller's rights.
  EXECUTE format('ALTER FUNCTION audit_accept(smallint, bytea, bytea, text, integer, text) SET search_path = %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION audit_try_accept(smallint, bytea, bytea, text, integer, text) SET search_path = %I, pg_temp', current_schema());
END $$;

REVOKE ALL ON FUNCTION audit_retirement_open(uuid), audit_sealed_size(), audit_images_about(uuid), audit_has_table(text) FROM PUBLIC;
