REVOKE ALL ON audit_stream, audit_stream_parked, audit_stream_definition, audit_stream_test FROM PUBLIC;
-- It leads the streams.
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_stream, audit_stream_parked, audit_stream_definition, audit_stream_test
  TO audit_sequencer;
-- How far the streams are, and what they send where: never their secrets.
GRANT SELECT ON audit_stream, audit_stream_parked TO audit_reader;
GRANT SELECT (name, version, options, key_id, old_secret_until, changed_at) ON audit_stream_definition TO audit_reader;
