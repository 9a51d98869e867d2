-- A reader of all events may read parked events, and the answers of the destinations.
CREATE POLICY audit_stream_parked_read ON audit_stream_parked FOR SELECT TO audit_reader USING (
  (SELECT current_setting('audit.reads', true)) = 'all');
