-- Selects the due events of a month: at most the given number, or the whole month if all its events are due. Returns whether it selected
-- any events.
CREATE FUNCTION audit_retirement_plan(retirement uuid, month text, policy text, as_of timestamptz, most bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE
    rules jsonb := policy::jsonb;
    found_due record;
    bounds record;
    is_whole boolean;
    sealed bigint := audit_sealed_size();
  BEGIN
    IF as_of > clock_timestamp() THEN
      RAISE EXCEPTION 'Cannot plan a retirement as of %: that is yet to come.', as_of;
    END IF;
    IF EXISTS (SELECT FROM audit_retirement WHERE partition = month AND state <> 'retired') THEN
      RETURN false;
    END IF;
    SELECT * INTO found_due FROM audit_retention_survey(rules, as_of, month);
    IF found_due IS NULL OR found_due.due = found_due.held + found_due.unsealed THEN
      RETURN false;
    END IF;
    is_whole := found_due.is_over AND found_due.due = found_due.events AND found_due.held + found_due.unsealed = 0;
    SELECT * INTO bounds FROM audit_partition_bounds(month);
    INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive)
      VALUES (retirement, CASE WHEN is_whole THEN 'month' ELSE 'rows' END, month, policy, as_of,
              as_of - make_interval(secs => 86400.0 * audit_days(rules->>'days')),
              replace(substr(month, 13), '_', '-') || '-' || retirement);
    EXECUTE '
      INSERT INTO audit_retired_range
        SELECT $1, min(index), max(index) FROM (
          SELECT index, index - row_number() OVER (ORDER BY index) AS island FROM (
            SELECT leaf.index FROM audit_event event, LATERAL (
                     SELECT index FROM audit_leaf WHERE event_id = event.id AND index < $6 OFFSET 0) leaf
             WHERE event.id >= $2 AND event.id < $3 AND audit_is_due(event, $4, $5)
               AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event))
             ORDER BY leaf.index LIMIT $7) due) numbered
         GROUP BY island'
      USING retirement, bounds.lower_id, bounds.upper_id, rules, as_of, sealed, CASE WHEN is_whole THEN NULL ELSE most END;
    UPDATE audit_retirement SET (events, first_index, last_index, indexes_digest) = (
      SELECT sum(last_index - first_index + 1), min(first_index), max(last_index),
             encode(sha256(convert_to(string_agg(first_index || '-' || last_index || E'\n', '' ORDER BY first_index), 'UTF8')), 'hex')
        FROM audit_retired_range WHERE retirement_id = retirement)
     WHERE id = retirement;
    RETURN true;
  END $$;
