-- Erases the personal part of events: all of it, since the leaf commits to it as a whole.
-- Leaves events that a legal hold covers; the lock keeps anyone from placing one until the transaction ends.
-- The images of row changes that stand apart are deleted: they are personal as a whole.
-- Returns the ids of the events it changed.
CREATE FUNCTION audit_erase(event_ids uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
  BEGIN
    LOCK TABLE audit_legal_hold IN SHARE MODE;
    PERFORM set_config('audit.act', 'erase', true);
    RETURN QUERY
      UPDATE audit_event SET personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL,
          actor_id = CASE WHEN coalesce(personal_columns, 0) & 1 = 0 THEN actor_id END,
          session_id = CASE WHEN coalesce(personal_columns, 0) & 2 = 0 THEN session_id END,
          on_behalf_of = CASE WHEN coalesce(personal_columns, 0) & 4 = 0 THEN on_behalf_of END,
          resource_id = CASE WHEN coalesce(personal_columns, 0) & 8 = 0 THEN resource_id END,
          request_id = CASE WHEN coalesce(personal_columns, 0) & 16 = 0 THEN request_id END,
          trace_id = CASE WHEN coalesce(personal_columns, 0) & 32 = 0 THEN trace_id END,
          reason = CASE WHEN coalesce(personal_columns, 0) & 64 = 0 THEN reason END
       WHERE id = ANY (event_ids) AND personal_salt IS NOT NULL
         AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, audit_event))
      RETURNING id;
    PERFORM set_config('audit.act', '', true);
    IF audit_has_table('audit_row_image') THEN
      DELETE FROM audit_row_image image
       WHERE image.event_id = ANY (event_ids)
         AND NOT EXISTS (SELECT FROM audit_event event, audit_legal_hold hold
                          WHERE event.id = image.event_id AND audit_hold_covers(hold, event));
    END IF;
  END $$;
