REVOKE ALL ON audit_stream, audit_stream_parked FROM PUBLIC;
-- The sequencer role leads the streams.
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_stream, audit_stream_parked TO audit_sequencer;
-- A reader may read the state of streams.
GRANT SELECT ON audit_stream, audit_stream_parked TO audit_reader;
