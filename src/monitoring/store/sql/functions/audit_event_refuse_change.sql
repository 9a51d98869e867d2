-- The ledger is append-only. Two changes are allowed, and the setting audit.act must name the change:
-- - "erase" sets personal columns to NULL, and changes nothing else. A column that is personal only in some events also becomes NULL, if
--   personal_columns has the column's bit.
-- - "retire" deletes a row. The event's leaf stays.
CREATE FUNCTION audit_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('audit.act', true) = 'erase' THEN
      OLD.personal := NULL;
      OLD.personal_salt := NULL;
      {{forgottenOld}}
      OLD.on_behalf_of_id := NULL; -- of the new row, it is generated after this
      IF OLD *= NEW THEN -- the same bytes; json has no equality
        RETURN NEW;
      END IF;
    ELSIF TG_OP = 'DELETE' AND current_setting('audit.act', true) = 'retire' THEN
      RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Cannot % the audit ledger: it is append-only.', lower(TG_OP)
      USING ERRCODE = 'insufficient_privilege', HINT = 'Record another event instead.';
  END $$;
