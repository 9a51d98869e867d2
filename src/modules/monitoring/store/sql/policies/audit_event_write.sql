-- A login that has the right INSERT may insert any event.
CREATE POLICY audit_event_write ON audit_event
  FOR INSERT TO audit_writer, audit_sequencer, audit_keeper WITH CHECK (true);
