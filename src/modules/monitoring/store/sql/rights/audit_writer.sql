-- Adds events, has their partitions made, and reads the context of its own transaction. It has
-- no right on any other table: a trigger fills the queue.
GRANT INSERT ON audit_event TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz), audit_event_append(json, integer), audit_context(),
  audit_context_problem() TO audit_writer;

-- The triggers of captured tables run with the rights of the tables' owner, who is a member of this role. Nobody may give the transaction and the
-- times of a change: a context counts as of them.
GRANT INSERT (operation, source, origin, statement_rows, changes, unpaired, lines), SELECT (unpaired) ON audit_row_change TO audit_writer;
GRANT SELECT ON audit_row_salt TO audit_writer;
-- Their baselines are taken with the same rights.
GRANT SELECT, INSERT ON audit_row_baseline TO audit_writer;
GRANT INSERT ON audit_row_baseline_digest TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_row_key(jsonb), audit_row_key_fold(text, bytea), audit_row_baseline_tell(text, text, jsonb), audit_row_baseline_end(text, text),
  audit_row_baseline_take(text, text, text, text[], text[], text[], boolean) TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_row_salt(), audit_row_masks(jsonb, text[], text[], text[], bytea), audit_row_value(anyelement, bytea), audit_row_labels(oid) TO audit_writer;
