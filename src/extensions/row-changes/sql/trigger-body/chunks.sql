INSERT INTO {{outbox}} (operation, source, origin, statement_rows, changes, unpaired, lines)
      SELECT {{operation}}, {{source}}::json, {{origin}}, (SELECT count(*) FROM {{rows}}), count(m.line), count(*) - count(m.line),
             '[' || coalesce(string_agg(m.line, E',\n' ORDER BY m.nth), '') || ']'
        FROM (SELECT l.nth, l.line, octet_length(l.line) AS bytes, sum(octet_length(l.line)) OVER (ROWS UNBOUNDED PRECEDING) AS total
                FROM (SELECT row_number() OVER () AS nth, {{line}} AS line FROM {{changes}} OFFSET 0) l) m
       GROUP BY (m.nth - 1) / {{maxRows}}, m.total / {{halfBytes}}, CASE WHEN m.bytes >= {{halfBytes}} THEN m.nth END
       ORDER BY min(m.nth)
