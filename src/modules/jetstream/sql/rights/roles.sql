REVOKE ALL ON audit_ingest FROM PUBLIC;
-- It stores what JetStream has.
GRANT SELECT, INSERT, UPDATE ON audit_ingest TO audit_sequencer;
-- How far the envelopes of JetStream are stored.
GRANT SELECT ON audit_ingest TO audit_reader;
