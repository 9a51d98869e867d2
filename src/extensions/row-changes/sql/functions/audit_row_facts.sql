-- Returns the facts about rows in an event: the current key, and the old key if the key changed. If an event lacks the digest of a key, that key has
-- one column. The function computes the old key only for the few events that have an old key, because it reads millions of events.
CREATE FUNCTION audit_row_facts(type text, details json, changes json)
RETURNS TABLE (schema_name text, table_name text, key text, digest text, is_gone boolean, transaction text, is_new boolean)
LANGUAGE sql IMMUTABLE AS $$
    SELECT whole.d->>'schema', whole.d->>'table', said.key COLLATE "C", coalesce(whole.d->>'digest', ''), said.is_gone,
           whole.d->>'transaction', said.is_new
      FROM (SELECT details::jsonb AS d OFFSET 0) AS whole,
           LATERAL (
             SELECT CASE part WHEN 1 THEN coalesce(whole.d->>'keyDigest', jsonb_path_query_first(whole.d, '$.key.*') #>> '{}')
                      ELSE coalesce(whole.d->>'rekeyedFromDigest', jsonb_path_query_first(whole.d, '$.rekeyedFrom.*') #>> '{}') END,
                    part = 2 OR type = 'row_deleted' OR whole.d->>'operation' = 'DELETE'
                      OR CASE WHEN type = 'row_changed_externally' AND whole.d->>'operation' = 'UPDATE'
                              THEN changes::jsonb ? 'before' AND NOT changes::jsonb ? 'after' ELSE false END,
                    part = 1 AND whole.d->>'operation' = 'INSERT'
               FROM generate_series(1, CASE WHEN whole.d ?| '{rekeyedFrom, rekeyedFromDigest}' THEN 2 ELSE 1 END) AS part OFFSET 0
           ) AS said (key, is_gone, is_new)
     WHERE said.key IS NOT NULL
  $$;
