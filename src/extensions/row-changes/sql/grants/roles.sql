REVOKE ALL ON audit_context_key, audit_row_change, audit_row_change_parked, audit_row_image, audit_row_salt, audit_row_baseline,
  audit_row_baseline_digest, audit_row_retired, audit_capture_state FROM PUBLIC;

-- The triggers of captured tables run with the rights of the tables' owner, who is a member of audit_writer. Nobody may set the transaction and the
-- times of a change, because these decide whether a context is valid.
GRANT EXECUTE ON FUNCTION audit_context(), audit_context_problem() TO audit_writer;
GRANT INSERT (operation, source, origin, statement_rows, changes, unpaired, lines), SELECT (unpaired) ON audit_row_change TO audit_writer;
GRANT SELECT ON audit_row_salt TO audit_writer;
-- The owners of captured tables also take baselines.
GRANT SELECT, INSERT ON audit_row_baseline TO audit_writer;
GRANT INSERT ON audit_row_baseline_digest TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_row_key(jsonb), audit_row_json(text), audit_row_key_fold(text, bytea), audit_row_baseline_enqueue(text, text, jsonb), audit_row_baseline_end(text, text),
  audit_row_baseline_create(text, text, text, text[], text[], text[], boolean) TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_row_salt(), audit_row_layout(text, text, text[]), audit_row_masks(jsonb, text[], text[], text[], bytea), audit_row_value(anyelement, bytea), audit_row_types(oid), audit_row_labels(oid),
  audit_row_inexact(oid) TO audit_writer;

-- The drain parks changes that cannot be stored, and moves them back to the outbox.
GRANT SELECT, INSERT, DELETE ON audit_row_change, audit_row_change_parked TO audit_sequencer;
GRANT INSERT ON audit_row_image TO audit_sequencer;
GRANT EXECUTE ON FUNCTION audit_row_json(text), audit_context_signed(text[], text[]), audit_context_key_states() TO audit_sequencer;
GRANT SELECT ON audit_row_salt, audit_row_baseline TO audit_sequencer;
GRANT SELECT (baseline), DELETE ON audit_row_baseline_digest TO audit_sequencer;
GRANT SELECT, INSERT ON audit_capture_state TO audit_sequencer;

-- A reader may see how many changes wait, and for how long, but no images in the outbox.
GRANT SELECT (position, changed_at, changes) ON audit_row_change TO audit_reader;
GRANT SELECT (position, parked_at, error, source, changes) ON audit_row_change_parked TO audit_reader;
-- A policy limits the images of bulk changes to readable events.
GRANT SELECT ON audit_row_image TO audit_reader;
-- Reconciling compares keys and digests.
GRANT SELECT ON audit_row_baseline, audit_row_baseline_digest, audit_row_retired, audit_capture_state TO audit_reader;
GRANT EXECUTE ON FUNCTION audit_row_key(jsonb), audit_row_json(text), audit_row_facts(text, json, json), audit_row_set_digest(uuid),
  audit_row_change_digests(), audit_row_retired_digests(), audit_row_types(oid), audit_row_labels(oid),
  audit_row_inexact(oid) TO audit_reader;
-- A reader may list the keys that sign contexts, but not read their secrets.
GRANT SELECT (id, logins, added_at, ended_at) ON audit_context_key TO audit_reader;

-- An erasure waits for row changes that were captured earlier. The end of a retirement seals the row digests that it stores.
GRANT SELECT (transaction) ON audit_row_change TO audit_keeper;
GRANT SELECT ON audit_row_retired TO audit_keeper;
GRANT EXECUTE ON FUNCTION audit_row_retired_digests(), audit_row_parked_about(text, text[], xid8, bigint, integer) TO audit_keeper;
