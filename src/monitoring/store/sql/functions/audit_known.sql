-- What the sealer needs to compare an event with the event that has the same id already: its leaf, its salt, and whether it still has all of its
-- values. The sealer may not read events. Of a retired event, only the leaf is left.
CREATE FUNCTION audit_known(ids uuid[])
RETURNS TABLE (event_id uuid, leaf_hash bytea, salt bytea, is_whole boolean) LANGUAGE sql STABLE AS $$
  SELECT leaf.event_id, leaf.leaf_hash, event.personal_salt,
         event.id IS NOT NULL AND (event.personal_commitment IS NULL OR event.personal_salt IS NOT NULL)
    FROM audit_leaf leaf LEFT JOIN audit_event event ON event.id = leaf.event_id WHERE leaf.event_id = ANY (ids);
$$;
