IF is_known THEN
      {{oneRow}};
      IF FOUND THEN RETURN NULL; END IF;
    END IF;
    IF {{isEmpty}} THEN RETURN NULL; END IF;
    IF is_known THEN
      IF (SELECT {{isLaidOut}} FROM {{rows}} LIMIT 1) THEN
        {{chunks}};
        RETURN NULL;
      END IF;
    END IF;
