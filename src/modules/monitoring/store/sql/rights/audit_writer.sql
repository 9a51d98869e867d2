-- Adds events, has their partitions made, and reads the context of its own transaction. It has
-- no right on any other table: a trigger fills the queue.
GRANT INSERT ON audit_event TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz), audit_event_append(json, integer), audit_context(),
  audit_context_problem() TO audit_writer;
