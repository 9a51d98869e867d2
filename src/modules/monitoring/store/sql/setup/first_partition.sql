-- The month of the first events.
SELECT audit_event_make_partition(now());
