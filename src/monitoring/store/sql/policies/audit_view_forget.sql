-- An erasure reads all views, and deletes the views that belong to the erased person or name that person.
CREATE POLICY audit_view_forget ON audit_view FOR ALL TO audit_keeper USING (
  (SELECT current_setting('audit.reads', true)) = 'erasure');
