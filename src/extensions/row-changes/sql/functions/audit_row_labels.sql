-- Returns the enum labels that occur in the columns of a table, at any depth. Each label comes after its id, which a rename does not change.
CREATE FUNCTION audit_row_labels(relation oid) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(e.oid || ' ' || e.enumlabel ORDER BY e.oid), '{}')
      FROM pg_enum e JOIN (SELECT DISTINCT part.type FROM audit_row_types(relation) part) of_table ON of_table.type = e.enumtypid
  $$;
