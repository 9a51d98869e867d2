-- Puts a baseline, or the end of a capture, into the outbox. The drain makes the event that seals it.
CREATE FUNCTION audit_row_baseline_enqueue(of_schema text, of_table text, baseline jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
    VALUES ('BASELINE',
      json_build_object('schema', of_schema, 'table', of_table, 'resource', of_table, 'key', '[]'::json, 'facts', '[]'::json,
        'redacted', '[]'::json, 'digested', '[]'::json, 'asText', '[]'::json),
      json_build_object('role', session_user, 'actingAs', current_setting('role'), 'application', current_setting('application_name'),
        'address', host(inet_client_addr()), 'pid', pg_backend_pid(), 'baseline', baseline),
      0, 0, '[]')
  $$;
