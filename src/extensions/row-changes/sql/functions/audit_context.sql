-- Returns the context of the running transaction from the signed setting audit.context: v1.<MAC>.<JSON>. Returns NULL without a context, for a wrong
-- MAC, or for a key of other logins. Also returns NULL if the transaction began more than five minutes after the signature, so a stolen context is
-- soon useless. The function uses bytes, because substr() of a text counts characters.
CREATE FUNCTION audit_context() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
  DECLARE
    setting bytea := convert_to(current_setting('audit.context', true), 'UTF8');
    signed bytea;
    context jsonb;
    signed_at timestamptz;
  BEGIN
    IF setting IS NULL OR substr(setting, 1, 3) <> 'v1.' OR substr(setting, 68, 1) <> '.' THEN RETURN NULL; END IF;
    signed := substr(setting, 69);
    IF NOT EXISTS (
      SELECT FROM audit_context_key
       WHERE convert_to(encode(sha256(outer_pad || sha256(inner_pad || signed)), 'hex'), 'UTF8') = substr(setting, 4, 64)
         AND ended_at IS NULL AND (logins IS NULL OR session_user = ANY (logins))
    ) THEN RETURN NULL; END IF;
    context := convert_from(signed, 'UTF8');
    signed_at := to_timestamp((context->>'signedAt')::float8 / 1000);
    IF (signed_at BETWEEN transaction_timestamp() - interval '5 minutes' AND clock_timestamp() + interval '5 minutes') IS NOT TRUE THEN
      RETURN NULL;
    END IF;
    RETURN context;
  END $$;
