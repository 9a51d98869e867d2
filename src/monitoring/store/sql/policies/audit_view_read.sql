-- A reader sees shared views and own views, but only those of the reader's present access. The setting audit.reader is the reader's id.
CREATE POLICY audit_view_read ON audit_view FOR SELECT TO audit_reader USING (
  scope = (SELECT current_setting('audit.reads', true))
  AND (is_shared OR owner_id = (SELECT current_setting('audit.reader', true)))
  AND CASE scope
    WHEN 'all' THEN true
    WHEN 'tenants' THEN scope_of <@ coalesce((SELECT current_setting('audit.reads_of', true))::text[], '{}')
    ELSE scope_of = ARRAY[(SELECT current_setting('audit.reads_of', true))]
  END);
