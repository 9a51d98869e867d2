-- Returns the replacements for columns in a row's image: '[REDACTED]', a salted digest, or the text of a number, also in lists. Columns that are NULL
-- or dropped are left out.
CREATE FUNCTION audit_row_masks(image jsonb, redacted text[], digested text[], as_text text[], salt bytea)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(name, CASE
             WHEN name = ANY (redacted) THEN to_jsonb('[REDACTED]'::text)
             WHEN name = ANY (digested) THEN to_jsonb('sha256:' || encode(sha256(salt || convert_to(image ->> name, 'UTF8')), 'hex'))
             WHEN jsonb_typeof(image -> name) = 'array' THEN regexp_replace(image ->> name, '-?[0-9][0-9.]*', E'"\\&"', 'g')::jsonb
             ELSE to_jsonb(image ->> name) END), '{}')
      FROM unnest(redacted || digested || as_text) AS masked (name)
     WHERE image ->> name IS NOT NULL
  $$;
