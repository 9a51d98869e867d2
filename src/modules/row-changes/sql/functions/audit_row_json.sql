-- A text as JSON, or as a JSON string where it is not JSON that the server can read: the type "json" accepts "\u0000", half surrogates and numbers
-- without bounds, and reading them fails later. Of a text that no JSON string holds, its beginning.
CREATE FUNCTION audit_row_json(given text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN
    RETURN given::jsonb;
  EXCEPTION WHEN OTHERS THEN
    RETURN to_jsonb(left(given, 60000000));
  END $$;
