-- Returns the columns of a table with the types that occur in them, at any depth.
CREATE FUNCTION audit_row_types(relation oid) RETURNS TABLE (name text, type oid) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE part AS (
      SELECT a.attname::text AS name, a.atttypid AS type FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
      UNION
      SELECT part.name, below.type FROM part JOIN pg_type t ON t.oid = part.type, LATERAL (
        SELECT t.typbasetype AS type UNION ALL SELECT t.typelem
        UNION ALL SELECT a.atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid) below
       WHERE below.type <> 0)
    SELECT part.name, part.type FROM part
  $$;
