REVOKE ALL ON audit_ingest FROM PUBLIC;
-- For the worker.
GRANT SELECT, INSERT, UPDATE ON audit_ingest TO audit_sequencer;
-- For the health of every instance.
GRANT SELECT ON audit_ingest TO audit_reader;
