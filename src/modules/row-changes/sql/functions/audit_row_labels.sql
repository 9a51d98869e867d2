-- Returns the enum labels that occur in the columns of a table, at any depth. Each label comes after its id, which a rename does not change.
CREATE FUNCTION audit_row_labels(relation oid) RETURNS text[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE part AS (
      SELECT a.atttypid AS type FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
      UNION
      SELECT below.type FROM part JOIN pg_type t ON t.oid = part.type, LATERAL (
        SELECT t.typbasetype AS type UNION ALL SELECT t.typelem
        UNION ALL SELECT a.atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid) below
       WHERE below.type <> 0)
    SELECT coalesce(array_agg(e.oid || ' ' || e.enumlabel ORDER BY e.oid), '{}') FROM pg_enum e JOIN part ON part.type = e.enumtypid
  $$;
