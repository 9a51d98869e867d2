-- A reader of all events may read parked events, and the reasons.
CREATE POLICY audit_consumer_parked_read ON audit_consumer_parked FOR SELECT TO audit_reader USING (
  (SELECT current_setting('audit.reads', true)) = 'all');
