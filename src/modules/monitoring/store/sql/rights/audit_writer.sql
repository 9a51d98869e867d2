-- Adds events and has their partitions made. A trigger fills the queue: it has no right on that.
GRANT INSERT ON audit_event TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz), audit_event_append(jsonb, integer) TO audit_writer;

-- The triggers of captured tables run with the rights of the tables' owner, who is a member of this role.
GRANT INSERT, SELECT (unpaired) ON audit_row_change TO audit_writer;
GRANT SELECT ON audit_row_salt TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_context(), audit_row_masks(jsonb, text[], text[], text[], bytea) TO audit_writer;
