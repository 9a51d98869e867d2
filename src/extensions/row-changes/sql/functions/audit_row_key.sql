-- Returns the key of a row as one text: a value, or for several columns, a list of values sorted by column name.
CREATE FUNCTION audit_row_key(key jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE count(*) WHEN 0 THEN NULL WHEN 1 THEN min(part.value)
                ELSE jsonb_agg(part.value ORDER BY part.key COLLATE "C")::text END
      FROM jsonb_each_text(CASE jsonb_typeof(key) WHEN 'object' THEN key END) AS part
  $$;
