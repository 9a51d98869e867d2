REVOKE ALL ON audit_stream, audit_stream_parked, audit_stream_definition FROM PUBLIC;
-- It leads the streams.
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_stream, audit_stream_parked, audit_stream_definition TO audit_sequencer;
-- How far the streams are, and what they send where: never their secrets.
GRANT SELECT ON audit_stream, audit_stream_parked TO audit_reader;
GRANT SELECT (name, options, key_id, old_secret_until) ON audit_stream_definition TO audit_reader;
