-- The writer adds events, and creates their partitions. The writer needs no right on other tables, because a trigger fills the queue.
GRANT INSERT ON audit_event TO audit_writer;
-- Not the transaction or the position: the sealer would not see a row with a position of the past.
GRANT INSERT (version, seed, mac, body) ON audit_inbox TO audit_writer, audit_sequencer, audit_keeper;
GRANT EXECUTE ON FUNCTION audit_event_make_partition(timestamptz), audit_accept(smallint, bytea[], bytea[], text[], integer) TO audit_writer;
