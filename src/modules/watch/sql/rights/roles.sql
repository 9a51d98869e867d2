REVOKE ALL ON audit_watch, audit_watch_group, audit_canary FROM PUBLIC;
-- It raises the alerts of rules.
GRANT SELECT, INSERT, UPDATE ON audit_watch TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_watch_group TO audit_sequencer;
-- It records canaries.
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_canary TO audit_sequencer;
-- How far the rules have looked, and which canaries arrived.
GRANT SELECT ON audit_watch, audit_canary TO audit_reader;
-- An erasure names what rules keep of persons.
GRANT SELECT (expires_at) ON audit_watch_group TO audit_keeper;
