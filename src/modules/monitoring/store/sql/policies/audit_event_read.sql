-- A reading transaction first states what it may see, in the setting audit.reads: "all", or "tenants" or "subject" with
-- audit.reads_of, an array of tenant ids or the id of a person. Without the setting it sees nothing.
-- The sub-selects read the settings once a statement.
CREATE POLICY audit_event_read ON audit_event FOR SELECT TO audit_reader USING (
  CASE (SELECT current_setting('audit.reads', true))
    WHEN 'all' THEN true
    WHEN 'tenants' THEN tenant_id IN (SELECT unnest((SELECT current_setting('audit.reads_of', true))::text[])) -- hashed: there may be thousands
    -- Not as one IN, which a dump writes otherwise than PostgreSQL prints it.
    WHEN 'subject' THEN (SELECT current_setting('audit.reads_of', true)) = actor_id
      OR (SELECT current_setting('audit.reads_of', true)) = on_behalf_of_id
      OR (SELECT current_setting('audit.reads_of', true)) = CASE WHEN resource_type = 'user' THEN resource_id END
    ELSE false
  END);
