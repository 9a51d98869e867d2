-- The leader of the streams parks and retries events.
CREATE POLICY audit_stream_parked_write ON audit_stream_parked FOR ALL TO audit_sequencer USING (true);
