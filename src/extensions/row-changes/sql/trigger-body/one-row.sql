-- Most statements change one short row. One statement captures it, since each statement costs more than all that it computes.
      INSERT INTO {{outbox}} (operation, source, origin, statement_rows, changes, lines)
      SELECT TG_OP, {{source}}, {{origin}}, 1, 1, '[' || {{line}} || ']'
        FROM {{sides}}
       WHERE {{isLaidOut}} AND NOT EXISTS (SELECT FROM {{rows}} OFFSET 1) AND {{isChanged}}
