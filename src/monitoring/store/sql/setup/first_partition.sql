-- Creates the partitions of this month and the next three, like a running application.
SELECT audit_event_make_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month') AT TIME ZONE 'UTC')
  FROM generate_series(0, 3) AS ahead;
