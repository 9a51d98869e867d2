-- Whether an event names a resource of this type, and with this id if the id is given, as a related one. It is apart from
-- `audit_hold_covers`, because PostgreSQL inlines no function with a subquery.
CREATE FUNCTION audit_names_related(event audit_event, wanted_type text, wanted_id text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN wanted_id IS NULL THEN {{isRelatedOfType}} ELSE {{isRelatedWanted}} END
  $$;
