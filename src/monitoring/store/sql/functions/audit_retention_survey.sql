-- For each month that may have due events, counts all events, and the due, the held and the unsealed events. Changes nothing.
CREATE FUNCTION audit_retention_survey(rules jsonb, as_of timestamptz, only_month text DEFAULT NULL)
RETURNS TABLE (partition text, is_over boolean, events bigint, due bigint, held bigint, unsealed bigint)
LANGUAGE plpgsql STABLE AS $$
  DECLARE
    cutoff timestamptz;
    sealed bigint := audit_sealed_size();
    month record;
  BEGIN
    IF audit_days(rules->>'days') > 36500 THEN
      RETURN;
    END IF;
    cutoff := as_of - make_interval(secs => 86400.0 * audit_days(rules->>'days'));
    FOR month IN
      SELECT c.relname::text AS name, bounds.* FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
             LATERAL audit_partition_bounds(c.relname::text) bounds
       WHERE i.inhparent = 'audit_event'::regclass AND bounds.lower_id < audit_event_first_id(cutoff) AND c.relname = coalesce(only_month, c.relname)
       ORDER BY bounds.lower_id
    LOOP
      RETURN QUERY EXECUTE '
        SELECT $1, $2, count(*), count(*) FILTER (WHERE is_due), count(*) FILTER (WHERE is_due AND is_held),
               count(*) FILTER (WHERE is_due AND NOT is_held AND NOT is_sealed)
          FROM (SELECT audit_is_due(event, $5, $6) AS is_due,
                       EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event)) AS is_held,
                       EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = event.id AND leaf.index < $7) AS is_sealed
                  FROM audit_event event WHERE event.id >= $3 AND event.id < $4) looked'
        USING month.name, month.ends <= cutoff, month.lower_id, month.upper_id, rules, as_of, sealed;
    END LOOP;
  END $$;
