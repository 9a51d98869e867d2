-- A row whose key the other side lacks has no line. It is counted as unpaired.
      WITH stored AS (
      {{chunks}}
      RETURNING audit_row_change.unpaired)
      SELECT sum(stored.unpaired) FROM stored
