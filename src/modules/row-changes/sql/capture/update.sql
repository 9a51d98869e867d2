IF is_known THEN
      {{oneRow}};
      IF FOUND THEN RETURN NULL; END IF;
    END IF;
    IF NOT EXISTS (SELECT FROM old_rows) AND NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
    IF is_known AND {{isLaidOut}} THEN
      {{pairs}} INTO unpaired;
      IF unpaired > 0 THEN
        {{leftOver}};
      END IF;
      RETURN NULL;
    END IF;
