-- The key of a row as one text: its value; of several columns, a list of their values in the order of the columns' names.
CREATE FUNCTION audit_row_key(key jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE count(*) WHEN 0 THEN NULL WHEN 1 THEN min(part.value)
                ELSE jsonb_agg(part.value ORDER BY part.key COLLATE "C")::text END
      FROM jsonb_each_text(CASE jsonb_typeof(key) WHEN 'object' THEN key END) AS part
  $$;
