-- Which of some events wait in the inbox, or are parked, and their lines, for a reader of every event. Each line begins with the id of its event.
CREATE FUNCTION audit_waiting(ids uuid[]) RETURNS TABLE (event_id uuid, is_parked boolean, line text) LANGUAGE sql STABLE AS $$
  SELECT wanted.id, lines.is_parked, CASE WHEN current_setting('audit.reads', true) = 'all' THEN lines.line END
    FROM unnest(ids) AS wanted (id)
    JOIN (SELECT string_to_table(body, E'\n') AS line, false AS is_parked FROM audit_inbox
          UNION ALL SELECT string_to_table(line, E'\n'), true FROM audit_parked) AS lines
      ON starts_with(lines.line, '{"event":{"id":"' || wanted.id || '"')
$$;
