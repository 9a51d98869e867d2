-- Only a reader of all events may reconcile.
CREATE POLICY audit_row_baseline_digest_read ON audit_row_baseline_digest
  FOR SELECT TO audit_reader USING ((SELECT current_setting('audit.reads', true)) = 'all');
