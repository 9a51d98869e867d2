-- The end of a retirement seals one digest of all of them.
CREATE POLICY audit_row_retired_keep ON audit_row_retired FOR SELECT TO audit_keeper USING (true);
