-- This month and the next three, as a running application keeps them ready.
SELECT audit_event_make_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month') AT TIME ZONE 'UTC')
  FROM generate_series(0, 3) AS ahead;
