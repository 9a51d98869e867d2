-- Converts a text to jsonb. A text that jsonb cannot represent becomes a JSON string: the type "json" accepts "\u0000", lone surrogates and unbounded
-- numbers, but jsonb does not. A text that is too long for a JSON string is cut.
CREATE FUNCTION audit_row_json(given text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN
    RETURN given::jsonb;
  EXCEPTION WHEN OTHERS THEN
    RETURN to_jsonb(left(given, 60000000));
  END $$;
