-- Converts a value for a row's image. A value that is too large for an event is cut, and followed by a salted digest of the whole value. A value that
-- jsonb cannot represent, such as "\u0000" of the type "json", becomes its text.
CREATE FUNCTION audit_row_value(given anyelement, salt bytea) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
  DECLARE
    whole text;
    start text;
    digest bytea;
  BEGIN
    IF pg_catalog.pg_typeof(given) = 'pg_catalog.bytea'::regtype THEN
      IF (octet_length(given) > 32768) IS NOT TRUE THEN
        RETURN to_jsonb(given);
      END IF;
      start := '\x' || encode(substr(given, 1, 8250), 'hex');
      digest := sha256(given);
    ELSE
      whole := given::text;
      IF (octet_length(whole) > 65536) IS NOT TRUE THEN
        BEGIN
          RETURN to_jsonb(given);
        EXCEPTION WHEN OTHERS THEN
          RETURN to_jsonb(whole);
        END;
      END IF;
      start := left(whole, 16500);
      digest := sha256(convert_to(whole, 'UTF8'));
    END IF;
    RETURN to_jsonb(start || ' sha256:' || encode(sha256(salt || digest), 'hex'));
  END $$;
