REVOKE ALL ON audit_stream, audit_stream_parked, audit_stream_definition FROM PUBLIC;
-- The sequencer role leads the streams.
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_stream, audit_stream_parked, audit_stream_definition TO audit_sequencer;
-- A reader may read the state and the options of streams, but not their secrets.
GRANT SELECT ON audit_stream, audit_stream_parked TO audit_reader;
GRANT SELECT (name, options, key_id, old_secret_until) ON audit_stream_definition TO audit_reader;
