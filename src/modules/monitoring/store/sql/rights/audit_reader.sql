-- Reads. Row-level security limits which events it sees.
GRANT SELECT ON audit_event, audit_unsequenced, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_cosignature,
  audit_publication, audit_act, audit_legal_hold, audit_retirement, audit_retired_range, audit_erased TO audit_reader;
-- What erasures were requested and done: never by which addresses a person is looked for.
GRANT SELECT (id, subject, requested_by, reason, act, certificate) ON audit_erasure TO audit_reader;
-- How much waits, and for how long. It sees no image.
GRANT SELECT (position, changed_at, changes) ON audit_row_change TO audit_reader;
GRANT SELECT (position, parked_at, error, source, changes) ON audit_row_change_parked TO audit_reader;
-- The images of bulk changes, of the events that it sees.
GRANT SELECT ON audit_row_image TO audit_reader;
-- What reconciling compares: keys and digests.
GRANT SELECT ON audit_row_baseline, audit_row_baseline_digest, audit_row_retired, audit_capture_state TO audit_reader;
GRANT EXECUTE ON FUNCTION audit_row_key(jsonb), audit_row_json(text), audit_row_facts(text, json, json), audit_row_set_digest(uuid),
  audit_row_change_digests(), audit_row_retired_digests(), audit_row_labels(oid) TO audit_reader;
-- The views that row-level security shows.
GRANT SELECT ON audit_view TO audit_reader;
-- How far the rules have looked.
GRANT SELECT ON audit_watch TO audit_reader;
-- How far the envelopes of JetStream are stored.
GRANT SELECT ON audit_ingest TO audit_reader;
-- Which canaries arrived.
GRANT SELECT ON audit_canary TO audit_reader;
-- Which keys sign contexts, never the keys.
GRANT SELECT (id, logins, added_at, ended_at) ON audit_context_key TO audit_reader;
-- How far the streams are, and what they send where: never their secrets.
GRANT SELECT ON audit_stream, audit_stream_parked TO audit_reader;
GRANT SELECT (name, version, options, key_id, old_secret_until, changed_at) ON audit_stream_definition TO audit_reader;
