-- Returns the salt of the digests. The function is IMMUTABLE, because the salt never changes. So the server reads the salt only once for each plan.
CREATE FUNCTION audit_row_salt() RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT salt FROM audit_row_salt
  $$;
