-- Takes the baseline of a captured table: the key and the digest of each row. One statement reads all rows, so its snapshot shows which changes the
-- baseline includes. From an entry in the outbox, the drain makes the event that seals the baseline. Returns the baseline's id; NULL if the last
-- baseline still fits and "again" is false. It runs in sessions of the application, where the setting row_security may be off.
CREATE FUNCTION audit_row_baseline_create(of_schema text, of_table text, digests text, of_key text[], of_columns text[],
  of_ignored text[], again boolean)
RETURNS uuid LANGUAGE plpgsql SET row_security = on AS $$
  DECLARE
    made CONSTANT uuid := gen_random_uuid();
    last audit_row_baseline;
    taken record;
    relation CONSTANT oid := to_regclass(format('%I.%I', of_schema, of_table));
    of_labels CONSTANT text[] := audit_row_labels(relation);
    server CONSTANT text := (SELECT system_identifier::text FROM pg_control_system());
  BEGIN
    SELECT * INTO last FROM audit_row_baseline b
     WHERE b.schema_name = of_schema AND b.table_name = of_table ORDER BY b.position DESC LIMIT 1;
    IF NOT again AND last.rows IS NOT NULL AND last.key = of_key AND last.ignored = of_ignored
      AND last.columns <@ of_columns THEN
      RETURN NULL;
    END IF;
    EXECUTE format('
      WITH taken AS MATERIALIZED (SELECT key COLLATE "C" AS key, decode(digest, ''hex'') AS digest FROM %s(''{}'')),
      stored AS (INSERT INTO audit_row_baseline_digest SELECT $1, key, digest FROM taken)
      SELECT coalesce(sum(part.rows), 0)::bigint AS rows, pg_current_snapshot()::text AS snapshot,
             encode(sha256(coalesce(string_agg(part.digest, ''''::bytea ORDER BY part.first), ''''::bytea)), ''hex'') AS digest
        FROM (SELECT count(*) AS rows, get_byte(digest, 0) AS first,
                     sha256(string_agg(digest || convert_to(key, ''UTF8''), ''''::bytea ORDER BY digest, key)) AS digest
                FROM taken GROUP BY get_byte(digest, 0)) AS part', digests) INTO taken USING made;
    INSERT INTO audit_row_baseline (id, schema_name, table_name, table_oid, key, columns, ignored, labels, cluster, snapshot, rows, digest)
    VALUES (made, of_schema, of_table, relation, of_key, of_columns, of_ignored, of_labels, server, taken.snapshot, taken.rows, taken.digest);
    PERFORM audit_row_baseline_enqueue(of_schema, of_table, jsonb_build_object('id', made, 'rows', taken.rows, 'digest', taken.digest,
      'snapshot', taken.snapshot, 'cluster', server, 'key', of_key, 'columns', of_columns, 'ignored', of_ignored, 'labels', of_labels));
    RETURN made;
  END $$;
