-- A person may change their own views, but only those of the person's present access.
CREATE POLICY audit_view_write ON audit_view FOR ALL TO audit_keeper USING (
  scope = (SELECT current_setting('audit.reads', true))
  AND owner_id = (SELECT current_setting('audit.reader', true))
  AND CASE scope
    WHEN 'all' THEN true
    WHEN 'tenants' THEN scope_of <@ coalesce((SELECT current_setting('audit.reads_of', true))::text[], '{}')
    ELSE scope_of = ARRAY[(SELECT current_setting('audit.reads_of', true))]
  END);
