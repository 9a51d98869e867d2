IF is_known THEN
      {{oneRow}};
      IF FOUND THEN RETURN NULL; END IF;
    END IF;
    IF NOT EXISTS (SELECT FROM {{rows}}) THEN RETURN NULL; END IF;
    IF is_known AND {{isLaidOut}} THEN
      {{chunks}};
      RETURN NULL;
    END IF;
