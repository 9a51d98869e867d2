-- Whether an event is older than its retention at as_of. An event that is retained forever is never due.
CREATE FUNCTION audit_is_due(event audit_event, rules jsonb, as_of timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN audit_retention_days(event, rules) <= 36500
                THEN event.id < audit_event_first_id(as_of - make_interval(secs => 86400.0 * audit_retention_days(event, rules)))
                ELSE false END
  $$;
