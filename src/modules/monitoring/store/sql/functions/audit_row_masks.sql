-- What stands in a row's image for the columns that do not leave the trigger as they are: '[REDACTED]', a salted digest, or a
-- number as its text. A column that is NULL, or that the table no longer has, is left out.
CREATE FUNCTION audit_row_masks(image jsonb, redacted text[], digested text[], as_text text[], salt bytea)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(name, CASE
             WHEN name = ANY (redacted) THEN '[REDACTED]'
             WHEN name = ANY (digested) THEN 'sha256:' || encode(sha256(salt || convert_to(image ->> name, 'UTF8')), 'hex')
             ELSE image ->> name END), '{}')
      FROM unnest(redacted || digested || as_text) AS masked (name)
     WHERE image ->> name IS NOT NULL
  $$;
