-- Computes one digest of each table's rows in audit_row_retired. The function works in 256 parts, because PostgreSQL limits the size of a value.
CREATE FUNCTION audit_row_retired_digests() RETURNS TABLE (schema_name text, table_name text, rows bigint, digest text)
LANGUAGE sql STABLE AS $$
    SELECT part.schema_name, part.table_name, sum(part.rows)::bigint,
           encode(sha256(string_agg(part.digest, ''::bytea ORDER BY part.first)), 'hex')
      FROM (SELECT r.schema_name, r.table_name, get_byte(r.hash, 0) AS first, count(*) AS rows,
                   sha256(string_agg(r.hash, ''::bytea ORDER BY r.hash)) AS digest
              FROM (SELECT k.schema_name, k.table_name,
                           sha256(convert_to(json_build_array(k.key, k.digest, k.is_gone, k.transaction, k.event_id)::text, 'UTF8')) AS hash
                      FROM audit_row_retired k) AS r
             GROUP BY r.schema_name, r.table_name, get_byte(r.hash, 0)) AS part
     GROUP BY part.schema_name, part.table_name
  $$;
