-- These functions run with the owner's rights. PUBLIC may not call these functions, and their search path ends with temporary tables.
DO $$
DECLARE
  signature text;
BEGIN
  FOREACH signature IN ARRAY ARRAY[
    'audit_context()',
    'audit_context_problem()',
    'audit_context_signed(text[], text[])',
    'audit_row_change_digests()',
    'audit_context_key_states()',
    'audit_row_parked_about(text, text[], xid8, bigint, integer)'
  ] LOOP
    EXECUTE format(
      'ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', signature, current_schema());
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
  END LOOP;
  -- These functions run with the caller's rights.
  FOREACH signature IN ARRAY ARRAY[
    'audit_row_salt()',
    'audit_row_layout(text, text, text[])',
    'audit_row_retired_digests()',
    'audit_row_baseline_enqueue(text, text, jsonb)',
    'audit_row_baseline_create(text, text, text, text[], text[], text[], boolean)',
    'audit_row_baseline_end(text, text)'
  ] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION audit_row_masks(jsonb, text[], text[], text[], bytea), audit_row_value(anyelement, bytea), audit_row_types(oid),
  audit_row_labels(oid), audit_row_inexact(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_row_key(jsonb), audit_row_json(text), audit_row_facts(text, json, json), audit_row_stored_digests(text, json, json), audit_row_key_fold(text, bytea),
  audit_row_set_digest(uuid), audit_row_salt(), audit_row_layout(text, text, text[]), audit_row_retired_digests(),
  audit_row_baseline_enqueue(text, text, jsonb), audit_row_baseline_end(text, text),
  audit_row_baseline_create(text, text, text, text[], text[], text[], boolean) FROM PUBLIC;
