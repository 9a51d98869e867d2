-- The owners of captured tables take baselines.
CREATE POLICY audit_row_baseline_digest_write ON audit_row_baseline_digest
  FOR INSERT TO audit_writer WITH CHECK (true);
