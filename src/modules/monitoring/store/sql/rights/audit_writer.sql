-- The writer adds events, and creates their partitions. The writer needs no right on other tables, because a trigger fills the queue.
GRANT INSERT ON audit_event TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz), audit_event_append(text[], integer) TO audit_writer;
