-- Returns the reason why audit_context() is NULL although the setting audit.context has a value. 'forged': no key of this login signed the context.
-- 'expired': the context was signed more than five minutes before the transaction, or clocks differ.
CREATE FUNCTION audit_context_problem() RETURNS text LANGUAGE plpgsql STABLE AS $$
  DECLARE
    setting bytea := convert_to(current_setting('audit.context', true), 'UTF8');
  BEGIN
    IF coalesce(setting, '') = '' OR audit_context() IS NOT NULL THEN RETURN NULL; END IF;
    RETURN CASE WHEN substr(setting, 1, 3) = 'v1.' AND EXISTS (
      SELECT FROM audit_context_key
       WHERE convert_to(encode(sha256(outer_pad || sha256(inner_pad || substr(setting, 69))), 'hex'), 'UTF8') = substr(setting, 4, 64)
         AND ended_at IS NULL AND (logins IS NULL OR session_user = ANY (logins))
    ) THEN 'expired' ELSE 'forged' END;
  END $$;
