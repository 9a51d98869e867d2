-- Names the fields of events that are facts, as JSON Pointers, and counts the events that have each.
-- Objects are named by their fields, one level deep.
CREATE FUNCTION audit_fact_names(event_ids uuid[]) RETURNS TABLE (name text, events bigint) LANGUAGE sql STABLE AS $$
    SELECT found.name, count(*) FROM audit_event e CROSS JOIN LATERAL (
      SELECT unnest(ARRAY['/id', '/schemaVersion', '/occurredAt', '/type', '/action', '/outcome', '/category', '/severity', '/actor/type',
        CASE WHEN e.session_id IS NOT NULL AND coalesce(e.personal_columns, 0) & 2 = 0 THEN '/actor/sessionId' END,
        CASE WHEN e.on_behalf_of IS NOT NULL AND coalesce(e.personal_columns, 0) & 4 = 0 THEN '/actor/onBehalfOf' END,
        CASE WHEN e.actor_id IS NOT NULL AND coalesce(e.personal_columns, 0) & 1 = 0 THEN '/actor/id' END,
        CASE WHEN e.tenant_id IS NOT NULL THEN '/tenantId' END,
        CASE WHEN e.resource_type IS NOT NULL THEN '/resource/type' END,
        CASE WHEN e.resource_id IS NOT NULL AND coalesce(e.personal_columns, 0) & 8 = 0 THEN '/resource/id' END,
        CASE WHEN e.request_id IS NOT NULL AND coalesce(e.personal_columns, 0) & 16 = 0 THEN '/request/id' END,
        CASE WHEN e.method IS NOT NULL THEN '/request/method' END,
        CASE WHEN e.route IS NOT NULL THEN '/request/route' END,
        CASE WHEN e.status_code IS NOT NULL THEN '/request/statusCode' END,
        CASE WHEN e.duration_ms IS NOT NULL THEN '/request/durationMs' END,
        CASE WHEN e.trace_id IS NOT NULL AND coalesce(e.personal_columns, 0) & 32 = 0 THEN '/request/traceId' END,
        CASE WHEN e.reason IS NOT NULL AND coalesce(e.personal_columns, 0) & 64 = 0 THEN '/reason' END,
        CASE WHEN e.details_issues IS NOT NULL THEN '/detailsIssues' END,
        CASE WHEN e.personal_commitment IS NOT NULL THEN '/personal' END,
        CASE WHEN e.truncated THEN '/truncated' END]) AS name
      UNION ALL
      SELECT '/details/' || replace(replace(key, '~', '~0'), '/', '~1')
        FROM json_object_keys(CASE WHEN json_typeof(e.details) = 'object' THEN e.details ELSE '{}' END) AS key
      UNION ALL SELECT '/details' WHERE json_typeof(e.details) <> 'object'
      UNION ALL
      SELECT '/metadata/' || replace(replace(key, '~', '~0'), '/', '~1')
        FROM json_object_keys(CASE WHEN json_typeof(e.metadata) = 'object' THEN e.metadata ELSE '{}' END) AS key
      UNION ALL SELECT '/metadata' WHERE json_typeof(e.metadata) <> 'object'
      UNION ALL
      SELECT '/changes/' || replace(replace(key, '~', '~0'), '/', '~1')
        FROM json_object_keys(CASE WHEN json_typeof(e.changes) = 'object' THEN e.changes ELSE '{}' END) AS key
      UNION ALL SELECT '/changes' WHERE json_typeof(e.changes) <> 'object'
      UNION ALL
      SELECT '/error/' || replace(replace(key, '~', '~0'), '/', '~1')
        FROM json_object_keys(CASE WHEN json_typeof(e.error) = 'object' THEN e.error ELSE '{}' END) AS key
      UNION ALL SELECT '/error' WHERE json_typeof(e.error) <> 'object'
    ) found
    WHERE e.id = ANY (event_ids) AND found.name IS NOT NULL GROUP BY found.name
  $$;
