-- Only a reader of all events may reconcile.
CREATE POLICY audit_row_retired_read ON audit_row_retired
  FOR SELECT TO audit_reader USING ((SELECT current_setting('audit.reads', true)) = 'all');
