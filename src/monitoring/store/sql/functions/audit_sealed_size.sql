-- Returns the number of events that are sealed, and that every consumer with delays_retention has handled. Retention may consider only these.
CREATE FUNCTION audit_sealed_size() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT least(coalesce((SELECT max(size) FROM audit_checkpoint), 0),
               (SELECT min(position) FROM audit_consumer WHERE state = 'active' AND delays_retention))
$$;
