-- Erases the whole personal part of events, and its salt, so that the commitment reveals nothing (compare crypto-shredding), because the leaf commits to the whole part. Skips events under a legal hold. Because of the
-- lock, nobody can place a hold until the transaction ends. Also deletes the separate images of row changes, which are entirely personal.
-- Returns the ids of the changed events.
CREATE FUNCTION audit_erase(event_ids uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
  BEGIN
    LOCK TABLE audit_legal_hold IN SHARE MODE;
    PERFORM set_config('audit.act', 'erase', true);
    RETURN QUERY
      UPDATE audit_event SET personal = NULL, personal_salt = NULL,
          {{forgotten}}
       WHERE id = ANY (event_ids) AND personal_salt IS NOT NULL
         AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, audit_event))
      RETURNING id;
    PERFORM set_config('audit.act', '', true);
    IF audit_has_table('audit_row_image'::text) THEN
      DELETE FROM audit_row_image image
       WHERE image.event_id = ANY (event_ids)
         AND NOT EXISTS (SELECT FROM audit_event event, audit_legal_hold hold
                          WHERE event.id = image.event_id AND audit_hold_covers(hold, event));
    END IF;
  END $$;
