-- Returns the number of events that are sealed, and that every consumer and stream with keeps_events has handled. Retention may consider only these.
CREATE FUNCTION audit_sealed_size() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
  DECLARE
    size bigint := coalesce((SELECT max(c.size) FROM audit_checkpoint c), 0);
  BEGIN
    size := least(size, (SELECT min(position) FROM audit_consumer WHERE state = 'active' AND keeps_events));
    IF audit_has_table('audit_stream') THEN
      size := least(size, (SELECT min(looked) FROM audit_stream WHERE state = 'active' AND keeps_events));
    END IF;
    RETURN size;
  END $$;
