REVOKE ALL ON audit_ingest FROM PUBLIC;
-- The leader moves the cursors.
GRANT SELECT, INSERT, UPDATE ON audit_ingest TO audit_sequencer;
-- The health of every instance reads the cursors.
GRANT SELECT ON audit_ingest TO audit_reader;
