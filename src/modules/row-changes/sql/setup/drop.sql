-- Removes the tables and functions of row changes. First end the capture of all tables, because this script does not remove their triggers.
DROP FUNCTION
  audit_row_baseline_end(text, text),
  audit_row_baseline_take(text, text, text, text[], text[], text[], boolean),
  audit_row_baseline_tell(text, text, jsonb),
  audit_row_set_digest(uuid),
  audit_row_retired_digests(),
  audit_context_key_states(),
  audit_row_change_digests(),
  audit_row_parked_of(text, text[], xid8, bigint, integer),
  audit_row_key_fold(text, bytea),
  audit_row_value(anyelement, bytea),
  audit_row_labels(oid),
  audit_row_masks(jsonb, text[], text[], text[], bytea),
  audit_row_salt(),
  audit_context_signed(text[], text[]),
  audit_context_problem(),
  audit_context(),
  audit_row_kept(text, json, json),
  audit_row_facts(text, json, json),
  audit_row_json(text),
  audit_row_key(jsonb);
DROP TABLE audit_context_key, audit_row_change, audit_row_change_parked, audit_row_image, audit_row_salt, audit_row_baseline,
  audit_row_baseline_digest, audit_row_retired, audit_capture_state;
