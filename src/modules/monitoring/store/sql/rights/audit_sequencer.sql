-- Gives events their places, signs, publishes, and adds the events of its own acts. It reads events until they have their places.
GRANT SELECT, INSERT ON audit_event TO audit_sequencer;
GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz) TO audit_sequencer;
GRANT SELECT, DELETE ON audit_unsequenced TO audit_sequencer;
GRANT SELECT, INSERT ON audit_leaf, audit_checkpoint, audit_signing_key, audit_cosignature, audit_act TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE ON audit_tile TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_publication TO audit_sequencer;
-- It moves changes that cannot be stored aside, and back to the outbox.
GRANT SELECT, INSERT, DELETE ON audit_row_change, audit_row_change_parked TO audit_sequencer;
GRANT INSERT ON audit_row_image TO audit_sequencer;
GRANT EXECUTE ON FUNCTION audit_row_json(text), audit_context_signed(text[], text[]), audit_context_key_states() TO audit_sequencer;
GRANT SELECT ON audit_row_salt, audit_row_baseline TO audit_sequencer;
GRANT SELECT (baseline), DELETE ON audit_row_baseline_digest TO audit_sequencer;
GRANT SELECT, INSERT ON audit_capture_state TO audit_sequencer;
-- It leads the streams.
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_stream, audit_stream_parked, audit_stream_definition, audit_stream_test
  TO audit_sequencer;
-- It raises the alerts of rules.
GRANT SELECT, INSERT, UPDATE ON audit_watch TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_watch_group TO audit_sequencer;
-- It stores what JetStream has.
GRANT SELECT, INSERT, UPDATE ON audit_ingest TO audit_sequencer;
-- It records canaries.
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_canary TO audit_sequencer;
