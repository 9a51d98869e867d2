-- Returns the facts that retention stores when it removes a row change: digests by key. The key "*" means that the table was truncated, "*partition"
-- that a partition was truncated. No row has such a key. Events without a table, and values that are longer than the capture writes, are ignored.
CREATE FUNCTION audit_row_stored_digests(type text, details json, changes json)
RETURNS TABLE (schema_name text, table_name text, key text, digest text, is_gone boolean, transaction text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT said.schema_name, said.table_name, said.key, said.digest, said.is_gone, coalesce(said.transaction, '')
      FROM (SELECT f.schema_name, f.table_name, f.key, f.digest, coalesce(f.is_gone, false) AS is_gone, f.transaction
              FROM audit_row_facts(type, details, changes) f
            UNION ALL
            SELECT d->>'schema', d->>'table', CASE WHEN d->>'partition' IS NULL THEN '*' ELSE '*partition' END, '', true, d->>'transaction'
              FROM (SELECT details::jsonb AS d) AS whole WHERE d->>'operation' = 'TRUNCATE') said
     WHERE type IN ('row_inserted', 'row_updated', 'row_deleted', 'row_changed_externally', 'table_truncated')
       AND octet_length(said.schema_name) <= 63 AND octet_length(said.table_name) <= 63
       AND octet_length(said.key) <= 64 AND octet_length(said.digest) <= 64 AND octet_length(coalesce(said.transaction, '')) <= 20
  $$;
