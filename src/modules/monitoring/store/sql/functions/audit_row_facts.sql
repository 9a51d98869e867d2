-- What an event says of rows: the one that it is about, and the key that a row had before. Without a digest, a key has one column.
CREATE FUNCTION audit_row_facts(type text, details json, changes json)
RETURNS TABLE (schema_name text, table_name text, key text, digest text, is_gone boolean, transaction text, is_new boolean)
LANGUAGE sql IMMUTABLE AS $$
    SELECT whole.d->>'schema', whole.d->>'table', said.key COLLATE "C", coalesce(whole.d->>'digest', ''), said.is_gone,
           whole.d->>'transaction', said.is_new
      FROM (SELECT details::jsonb AS d OFFSET 0) AS whole,
           LATERAL (VALUES
             (coalesce(whole.d->>'keyDigest', jsonb_path_query_first(whole.d, '$.key.*') #>> '{}'),
              type = 'row_deleted' OR whole.d->>'operation' = 'DELETE'
                OR (type = 'row_changed_externally' AND whole.d->>'operation' = 'UPDATE' AND changes->'before' IS NOT NULL
                    AND changes->'after' IS NULL),
              whole.d->>'operation' = 'INSERT'),
             (coalesce(whole.d->>'rekeyedFromDigest', jsonb_path_query_first(whole.d, '$.rekeyedFrom.*') #>> '{}'), true, false)
           ) AS said (key, is_gone, is_new)
     WHERE said.key IS NOT NULL
  $$;
