-- Stores the end of a table's capture, and puts it into the outbox, with the table's new name if it was renamed. Does nothing if the table has no
-- baseline, or if the capture has already ended.
CREATE FUNCTION audit_row_baseline_end(of_schema text, of_table text) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    last audit_row_baseline;
    renamed_to text;
  BEGIN
    SELECT * INTO last FROM audit_row_baseline b
     WHERE b.schema_name = of_schema AND b.table_name = of_table ORDER BY b.position DESC LIMIT 1;
    IF last.rows IS NULL THEN
      RETURN;
    END IF;
    INSERT INTO audit_row_baseline (id, schema_name, table_name, key, columns, ignored, labels, cluster, snapshot, digest)
    VALUES (gen_random_uuid(), of_schema, of_table, last.key, last.columns, last.ignored, last.labels, last.cluster, last.snapshot, '');
    SELECT n.nspname || '.' || c.relname INTO renamed_to
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = last.table_oid AND (n.nspname, c.relname) <> (of_schema, of_table);
    PERFORM audit_row_baseline_enqueue(of_schema, of_table, jsonb_strip_nulls(jsonb_build_object('id', last.id, 'renamedTo', renamed_to)));
  END $$;
