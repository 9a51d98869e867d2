-- The sequencer can read an event until it is sealed.
CREATE POLICY audit_event_seal ON audit_event FOR SELECT TO audit_sequencer USING (
  NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = audit_event.id));
