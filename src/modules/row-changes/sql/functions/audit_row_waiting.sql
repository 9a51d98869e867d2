-- Reads the events about rows and baselines that the sealer has not sealed yet. The function runs with the owner's rights, so it shows rows only to readers of
-- all events.
CREATE FUNCTION audit_row_waiting() RETURNS TABLE (id uuid, type text, details json, changes json) LANGUAGE sql STABLE AS $$
  SELECT (event->>'id')::uuid, event->>'type', (event->'details')::json, (event->'changes')::json
    FROM audit_inbox, string_to_table(body, E'\n') AS line, LATERAL (SELECT audit_row_json(line)->'event' AS event OFFSET 0) AS parsed
   WHERE current_setting('audit.reads', true) = 'all' AND event->>'id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
     AND event->>'type' IN ('row_inserted', 'row_updated', 'row_deleted', 'row_changed_externally', 'table_truncated', 'audit_capture_baseline')
$$;
