REVOKE ALL ON audit_watch FROM PUBLIC;
-- The sequencer role runs the rules, and raises alerts.
GRANT SELECT, INSERT, UPDATE ON audit_watch TO audit_sequencer;
-- A reader may see the position of the rules.
GRANT SELECT ON audit_watch TO audit_reader;
