-- Columns were added, renamed or changed since the triggers were made, so the statements get the current columns.
  wanted := ({{wanted}});
  added := ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped
                    AND (a.attname <> ALL ({{columns}}) OR NOT {{isInLayout}}));
  IF TG_OP = 'UPDATE' THEN
    EXECUTE replace({{pairs}}, {{mark}}, wanted) INTO unpaired USING {{origin}}, TG_OP, added;
    IF unpaired > 0 THEN
      EXECUTE replace({{leftOver}}, {{mark}}, wanted) USING {{origin}}, TG_OP, added;
    END IF;
  ELSE
    EXECUTE replace(CASE TG_OP WHEN 'INSERT' THEN {{insert}} ELSE {{delete}} END, {{mark}}, wanted) USING {{origin}}, TG_OP, added;
  END IF;
