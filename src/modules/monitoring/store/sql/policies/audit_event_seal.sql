-- The sequencer reads an event until it has its place, and no longer.
CREATE POLICY audit_event_seal ON audit_event FOR SELECT TO audit_sequencer USING (
  NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = audit_event.id));
