-- At the end of a retirement, the keeper seals a digest of all rows.
CREATE POLICY audit_row_retired_keep ON audit_row_retired FOR SELECT TO audit_keeper USING (true);
