-- Records that a retirement is announced, once a checkpoint covers exactly the announcing event. Until then, returns false.
CREATE FUNCTION audit_retirement_announced(retirement uuid) RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE audit_retirement r SET state = 'announced', announced_at = clock_timestamp()
     WHERE id = retirement AND state = 'archived'
       AND convert_from(entry, 'UTF8')::jsonb @> jsonb_build_object(
             'id', event_id, 'type', 'audit_events_retired', 'details', jsonb_build_object(
               'retirementId', id, 'events', events, 'indexesDigest', indexes_digest, 'policy', policy,
               'cutoff', to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
       AND EXISTS (
         SELECT FROM audit_leaf leaf WHERE leaf.event_id = r.event_id AND leaf.leaf_hash = sha256(E'\\x00'::bytea || r.entry)
            AND leaf.index < (SELECT max(size) FROM audit_checkpoint));
    RETURN FOUND;
  END $$;
