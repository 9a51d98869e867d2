-- An erasure looks through all views, and deletes those of the person, or which name them.
CREATE POLICY audit_view_forget ON audit_view FOR ALL TO audit_keeper USING (
  (SELECT current_setting('audit.reads', true)) = 'erasure');
