-- Converts a value for a row's image. Different values of a type get different images: an array or a composite value that its JSON would not give back
-- (because of a JSON null, a -0, or bounds of an array) becomes its text, or a salted digest if its parts have names, by which later steps redact. A
-- value that is too large for an event, or that ends as the image of such a value, is cut, and followed by a salted digest of the whole value. A value
-- that jsonb cannot represent, such as "\u0000" of the type "json", becomes its text.
CREATE FUNCTION audit_row_value(given anyelement, salt bytea) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
  DECLARE
    whole text;
    start text := '';
    digest bytea;
    image jsonb;
  BEGIN
    IF pg_catalog.pg_typeof(given) = 'pg_catalog.bytea'::regtype THEN
      IF (octet_length(given) > 32768) IS NOT TRUE THEN
        RETURN to_jsonb(given);
      END IF;
      start := E'\\x' || encode(substr(given, 1, 8250), 'hex') || ' ';
      digest := sha256(given);
    ELSE
      whole := given::text;
      IF octet_length(whole) > 65536 OR octet_length(whole) > 16500 AND right(whole, 73) ~ ' sha256:[0-9a-f]{64}"?$' THEN
        start := left(whole, 16500) || ' ';
      ELSE
        BEGIN
          image := to_jsonb(given);
          IF jsonb_typeof(image) IN ('null', 'string') THEN
            -- A JSON null becomes the string "null". So a JSON string of this text keeps its quotes.
            RETURN CASE WHEN btrim(image::text, E'"\\') = 'null' THEN to_jsonb(image::text) ELSE image END;
          ELSIF (whole ~ '[[]|null|-0[,})]' AND (jsonb_typeof(image) = 'object' AND whole LIKE '(%' OR jsonb_typeof(image) = 'array' AND whole ~ '^({|[[]-?[0-9]+:)')
              AND translate(jsonb_populate_record(ROW(given), jsonb_build_object('f1', image))::text, E' \t\r\n\\"', '')
               <> translate(ROW(given)::text, E' \t\r\n\\"', '')) IS NOT TRUE THEN
            RETURN image;
          ELSIF strpos(image::text, '{') = 0 THEN
            RETURN to_jsonb(whole);
          END IF;
        EXCEPTION WHEN OTHERS THEN
          RETURN coalesce(image, to_jsonb(whole));
        END;
      END IF;
      digest := sha256(convert_to(whole, 'UTF8'));
    END IF;
    RETURN to_jsonb(start || 'sha256:' || encode(sha256(salt || digest), 'hex'));
  END $$;
