-- Lists the keys that sign contexts, with a digest of each key. A replaced key has another digest.
CREATE FUNCTION audit_context_key_states() RETURNS TABLE (id text, fingerprint text, logins text[], added_at text, ended_at text)
LANGUAGE sql STABLE AS $$
    SELECT k.id, encode(sha256(k.inner_pad || k.outer_pad), 'hex'), k.logins,
           to_char(k.added_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           to_char(k.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      FROM audit_context_key k ORDER BY k.added_at, k.id COLLATE "C"
  $$;
