-- A reading transaction must set audit.reads to "all", "tenants" or "subject". For the last two, audit.reads_of is an array of tenant ids,
-- or the id of a person. Without these settings, it sees no event. Because of the sub-selects, each statement reads the settings once.
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
