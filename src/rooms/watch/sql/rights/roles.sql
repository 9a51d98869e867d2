REVOKE ALL ON audit_watch, audit_watch_group FROM PUBLIC;
-- The sequencer role runs the rules, and raises alerts.
GRANT SELECT, INSERT, UPDATE ON audit_watch TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_watch_group TO audit_sequencer;
-- A reader may see the position of the rules.
GRANT SELECT ON audit_watch TO audit_reader;
-- An erasure reports how long rules store digests about persons.
GRANT SELECT (expires_at) ON audit_watch_group TO audit_keeper;
