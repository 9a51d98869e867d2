-- Reconciling reads every row; anyone who may see a part of the events sees none of these.
CREATE POLICY audit_row_baseline_digest_read ON audit_row_baseline_digest
  FOR SELECT TO audit_reader USING ((SELECT current_setting('audit.reads', true)) = 'all');
