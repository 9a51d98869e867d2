-- The process that runs the consumer parks and retries events.
CREATE POLICY audit_consumer_parked_write ON audit_consumer_parked FOR ALL TO audit_sequencer USING (true);
