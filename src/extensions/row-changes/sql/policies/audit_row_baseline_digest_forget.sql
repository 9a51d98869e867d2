-- The drain deletes the digests of replaced baselines.
CREATE POLICY audit_row_baseline_digest_forget ON audit_row_baseline_digest
  FOR ALL TO audit_sequencer USING (true);
