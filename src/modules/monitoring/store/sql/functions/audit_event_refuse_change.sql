-- The ledger is append-only. Two changes pass, and each names itself in the setting audit.act:
-- - "erase" sets personal columns to NULL, and changes nothing else. A column that is personal in this event only has its
--   bit in personal_columns.
-- - "retire" deletes a row. Its leaf stays.
CREATE FUNCTION audit_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('audit.act', true) = 'erase' THEN
      OLD.personal := NULL;
      OLD.personal_salt := NULL;
      OLD.actor_name := NULL;
      OLD.ip := NULL;
      OLD.user_agent := NULL;
      IF OLD.personal_columns & 1 <> 0 THEN OLD.actor_id := NULL; END IF;
      IF OLD.personal_columns & 2 <> 0 THEN OLD.session_id := NULL; END IF;
      IF OLD.personal_columns & 4 <> 0 THEN OLD.on_behalf_of := NULL; END IF;
      IF OLD.personal_columns & 8 <> 0 THEN OLD.resource_id := NULL; END IF;
      IF OLD.personal_columns & 16 <> 0 THEN OLD.request_id := NULL; END IF;
      IF OLD.personal_columns & 32 <> 0 THEN OLD.trace_id := NULL; END IF;
      IF OLD.personal_columns & 64 <> 0 THEN OLD.reason := NULL; END IF;
      IF OLD *= NEW THEN -- the same bytes; json has no equality
        RETURN NEW;
      END IF;
    ELSIF TG_OP = 'DELETE' AND current_setting('audit.act', true) = 'retire' THEN
      RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Cannot % the audit ledger: it is append-only.', lower(TG_OP)
      USING ERRCODE = 'insufficient_privilege', HINT = 'Record another event instead.';
  END $$;
