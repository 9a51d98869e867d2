-- Finds each given setting of audit.context that was signed with a key for the given login. ended_at is the time when the last such key ended; NULL
-- if such a key is still valid.
CREATE FUNCTION audit_context_signed(settings text[], logins text[])
RETURNS TABLE (nth bigint, ended_at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT given.nth, nullif(max(coalesce(k.ended_at, 'infinity')), 'infinity')
      FROM (SELECT setting.nth, setting.login, convert_to(setting.text, 'UTF8') AS bytes
              FROM unnest(settings, logins) WITH ORDINALITY AS setting (text, login, nth) OFFSET 0) AS given
      JOIN audit_context_key k
        ON convert_to(encode(sha256(k.outer_pad || sha256(k.inner_pad || substr(given.bytes, 69))), 'hex'), 'UTF8') = substr(given.bytes, 4, 64)
       AND (k.logins IS NULL OR given.login = ANY (k.logins))
     WHERE substr(given.bytes, 1, 3) = 'v1.' AND substr(given.bytes, 68, 1) = '.'
     GROUP BY given.nth
  $$;
