-- Seals events, and signs and publishes checkpoints. The sequencer cannot read sealed events.
GRANT INSERT ON audit_event TO audit_sequencer;
GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz), audit_known(uuid[]) TO audit_sequencer;
GRANT SELECT, DELETE ON audit_inbox TO audit_sequencer;
GRANT SELECT, INSERT, DELETE ON audit_parked TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_once TO audit_sequencer;
GRANT SELECT, UPDATE ON audit_head TO audit_sequencer;
GRANT SELECT, INSERT ON audit_leaf, audit_checkpoint, audit_signing_key, audit_cosignature, audit_act TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE ON audit_tile TO audit_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_publication, audit_consumer, audit_consumer_parked TO audit_sequencer;
