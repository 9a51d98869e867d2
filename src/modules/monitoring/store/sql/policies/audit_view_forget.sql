-- An erasure reads all views, and deletes the views that belong to the person or name the person.
CREATE POLICY audit_view_forget ON audit_view FOR ALL TO audit_keeper USING (
  (SELECT current_setting('audit.reads', true)) = 'erasure');
