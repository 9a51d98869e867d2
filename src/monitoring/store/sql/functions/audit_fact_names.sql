-- Names the fields of events that are facts, as JSON Pointers, and counts for each field the events that have it. Of an object, it names
-- the fields directly inside.
CREATE FUNCTION audit_fact_names(event_ids uuid[]) RETURNS TABLE (name text, events bigint) LANGUAGE sql STABLE AS $$
    SELECT found.name, count(*) FROM audit_event e CROSS JOIN LATERAL (
      SELECT unnest(ARRAY[{{factNames}},
        CASE WHEN personal_commitment IS NOT NULL THEN '/personal' END]) AS name
      UNION ALL
      SELECT pointer || '/' || replace(replace(key, '~', '~0'), '/', '~1')
        FROM (VALUES {{members}}) AS member (pointer, object),
             json_object_keys(CASE WHEN json_typeof(object) = 'object' THEN object ELSE '{}' END) AS key
      UNION ALL SELECT pointer FROM (VALUES {{members}}) AS member (pointer, object) WHERE json_typeof(object) <> 'object'
    ) found
    WHERE e.id = ANY (event_ids) AND found.name IS NOT NULL GROUP BY found.name
  $$;
