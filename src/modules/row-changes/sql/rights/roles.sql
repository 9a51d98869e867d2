REVOKE ALL ON audit_context_key, audit_row_change, audit_row_change_parked, audit_row_image, audit_row_salt, audit_row_baseline,
  audit_row_baseline_digest, audit_row_retired, audit_capture_state FROM PUBLIC;

-- The triggers of captured tables run with the rights of the tables' owner, who is a member of audit_writer. They read the context of their
-- transaction. Nobody may give the transaction and the times of a change: a context counts as of them.
GRANT EXECUTE ON FUNCTION audit_context(), audit_context_problem() TO audit_writer;
GRANT INSERT (operation, source, origin, statement_rows, changes, unpaired, lines), SELECT (unpaired) ON audit_row_change TO audit_writer;
GRANT SELECT ON audit_row_salt TO audit_writer;
-- Their baselines are taken with the same rights.
GRANT SELECT, INSERT ON audit_row_baseline TO audit_writer;
GRANT INSERT ON audit_row_baseline_digest TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_row_key(jsonb), audit_row_key_fold(text, bytea), audit_row_baseline_tell(text, text, jsonb), audit_row_baseline_end(text, text),
  audit_row_baseline_take(text, text, text, text[], text[], text[], boolean) TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_row_salt(), audit_row_masks(jsonb, text[], text[], text[], bytea), audit_row_value(anyelement, bytea), audit_row_labels(oid) TO audit_writer;

-- The drain moves changes that cannot be stored aside, and back to the outbox.
GRANT SELECT, INSERT, DELETE ON audit_row_change, audit_row_change_parked TO audit_sequencer;
GRANT INSERT ON audit_row_image TO audit_sequencer;
GRANT EXECUTE ON FUNCTION audit_row_json(text), audit_context_signed(text[], text[]), audit_context_key_states() TO audit_sequencer;
GRANT SELECT ON audit_row_salt, audit_row_baseline TO audit_sequencer;
GRANT SELECT (baseline), DELETE ON audit_row_baseline_digest TO audit_sequencer;
GRANT SELECT, INSERT ON audit_capture_state TO audit_sequencer;

-- How much waits, and for how long. A reader sees no image of the outbox.
GRANT SELECT (position, changed_at, changes) ON audit_row_change TO audit_reader;
GRANT SELECT (position, parked_at, error, source, changes) ON audit_row_change_parked TO audit_reader;
-- The images of bulk changes, of the events that it sees.
GRANT SELECT ON audit_row_image TO audit_reader;
-- What reconciling compares: keys and digests.
GRANT SELECT ON audit_row_baseline, audit_row_baseline_digest, audit_row_retired, audit_capture_state TO audit_reader;
GRANT EXECUTE ON FUNCTION audit_row_key(jsonb), audit_row_json(text), audit_row_facts(text, json, json), audit_row_set_digest(uuid),
  audit_row_change_digests(), audit_row_retired_digests(), audit_row_labels(oid) TO audit_reader;
-- Which keys sign contexts, never the keys.
GRANT SELECT (id, logins, added_at, ended_at) ON audit_context_key TO audit_reader;

-- An erasure waits for the row changes that were captured before it, and the end of a retirement seals what it keeps of rows.
GRANT SELECT (transaction) ON audit_row_change TO audit_keeper;
GRANT SELECT ON audit_row_retired TO audit_keeper;
GRANT EXECUTE ON FUNCTION audit_row_retired_digests(), audit_row_parked_of(text, text[], xid8, bigint, integer) TO audit_keeper;
