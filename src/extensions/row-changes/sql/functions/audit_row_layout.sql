-- Returns a table's columns, in the form of the argument that the table's triggers have: numbers and names, and whether row_to_json writes the values
-- in another form than jsonb. NULL if the table does not exist, or has other columns than "names", which are sorted. The function is IMMUTABLE,
-- although it reads the catalogue, so the server calls it with constants only once for each plan. A plan that reads a transition table ends when the
-- columns of its table change.
CREATE FUNCTION audit_row_layout(of_schema text, of_table text, names text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_object_agg(a.attnum || ' ' || a.attname, t.typcategory IN ('A', 'C') OR t.typoutput = 'pg_catalog.json_out'::regproc)::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = of_schema AND c.relname = of_table AND a.attnum > 0 AND NOT a.attisdropped
    HAVING names IS NULL OR array_agg(a.attname::text ORDER BY a.attname COLLATE "C") = names
  $$;
