-- A reader of all events sees which events are parked, and the answers that they got.
CREATE POLICY audit_stream_parked_read ON audit_stream_parked FOR SELECT TO audit_reader USING (
  (SELECT current_setting('audit.reads', true)) = 'all');
