-- Only the sealer adds events.
CREATE POLICY audit_event_write ON audit_event FOR INSERT TO audit_sequencer WITH CHECK (true);
