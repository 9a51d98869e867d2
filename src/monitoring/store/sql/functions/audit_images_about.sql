-- Returns the separate images of a row change; NULL in a ledger that does not capture row changes.
CREATE FUNCTION audit_images_about(event uuid) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
  BEGIN
    IF NOT audit_has_table('audit_row_image'::text) THEN RETURN NULL; END IF;
    RETURN (SELECT jsonb_build_array(i.before, i.after) FROM audit_row_image i WHERE i.event_id = event);
  END $$;
