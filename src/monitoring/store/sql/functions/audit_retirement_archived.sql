-- Records that the archive is written, and fixes the event that will announce the retirement. Does neither, and returns false, if a hold
-- now covers any of the events.
CREATE FUNCTION audit_retirement_archived(retirement uuid, announcement_id uuid, announcement bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM audit_legal_hold WHERE released_at IS NULL) AND EXISTS (
      SELECT FROM audit_retired_range r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
        JOIN audit_event event ON event.id = leaf.event_id
        JOIN audit_legal_hold hold ON audit_hold_covers(hold, event)
       WHERE r.retirement_id = retirement) THEN
      RETURN false;
    END IF;
    UPDATE audit_retirement
       SET state = 'archived', archived_at = clock_timestamp(), event_id = announcement_id, entry = announcement
     WHERE id = retirement AND state = 'planned';
    RETURN FOUND;
  END $$;
