-- The context of the running transaction, if the setting audit.context carries one that a key signed: v1.<MAC>.<JSON>.
-- NULL without one, with a wrong MAC, with a key of other logins, or signed long before the transaction began.
-- One that somebody read is thus of no use to transactions that begin more than five minutes after it was signed.
CREATE FUNCTION audit_context() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
  DECLARE
    setting text := current_setting('audit.context', true);
    signed bytea;
    context jsonb;
    signed_at timestamptz;
  BEGIN
    IF setting IS NULL OR left(setting, 3) <> 'v1.' OR substr(setting, 68, 1) <> '.' THEN RETURN NULL; END IF;
    signed := convert_to(substr(setting, 69), 'UTF8');
    IF NOT EXISTS (
      SELECT FROM audit_context_key
       WHERE encode(sha256(outer_pad || sha256(inner_pad || signed)), 'hex') = substr(setting, 4, 64)
         AND (logins IS NULL OR session_user = ANY (logins))
    ) THEN RETURN NULL; END IF;
    context := substr(setting, 69)::jsonb;
    signed_at := to_timestamp((context->>'signedAt')::bigint / 1000.0);
    IF (signed_at BETWEEN transaction_timestamp() - interval '5 minutes' AND clock_timestamp() + interval '5 minutes') IS NOT TRUE THEN
      RETURN NULL;
    END IF;
    RETURN context;
  END $$;
