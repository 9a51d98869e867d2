-- The salt of the digests. IMMUTABLE, since it never changes: the server then reads it once for the plan of a statement.
CREATE FUNCTION audit_row_salt() RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT salt FROM audit_row_salt
  $$;
