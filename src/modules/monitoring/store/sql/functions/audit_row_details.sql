-- JSON as jsonb, whatever it holds: what jsonb cannot hold is a JSON string. "\u0000", half surrogates and numbers without bounds are looked for first, since
-- few events have an escape, and a try costs each of a million.
CREATE FUNCTION audit_row_details(given json) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN given::text ~ '\\u|[:,\[ ]-?[0-9.]+[eE][+]?[0-9]{4}' OR octet_length(given::text) > 100000
                THEN audit_row_json(given::text) ELSE given::jsonb END
  $$;
