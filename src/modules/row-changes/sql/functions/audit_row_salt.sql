-- Returns the salt of the digests. It is IMMUTABLE, because the salt never changes: the server reads it once for each plan.
CREATE FUNCTION audit_row_salt() RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT salt FROM audit_row_salt
  $$;
