-- Why audit_context() is NULL although the setting audit.context has a value:
-- 'forged' (no key signed it, or none of this login), or 'expired' (signed five minutes before the transaction, or the clocks differ).
CREATE FUNCTION audit_context_problem() RETURNS text LANGUAGE plpgsql STABLE AS $$
  DECLARE
    setting text := current_setting('audit.context', true);
  BEGIN
    IF coalesce(setting, '') = '' OR audit_context() IS NOT NULL THEN RETURN NULL; END IF;
    RETURN CASE WHEN EXISTS (
      SELECT FROM audit_context_key
       WHERE encode(sha256(outer_pad || sha256(inner_pad || convert_to(substr(setting, 69), 'UTF8'))), 'hex') = substr(setting, 4, 64)
         AND left(setting, 3) = 'v1.' AND (logins IS NULL OR session_user = ANY (logins))
    ) THEN 'expired' ELSE 'forged' END;
  END $$;
