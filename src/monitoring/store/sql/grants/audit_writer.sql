-- The writer adds rows to the inbox.
-- Not the transaction or the position: the sealer would not see a row with a position of the past.
GRANT INSERT (version, seed, mac, body, packed, bytes, lines) ON audit_inbox TO audit_writer, audit_sequencer, audit_keeper;
GRANT SELECT (writer_keys) ON audit_head TO audit_writer;
GRANT EXECUTE ON FUNCTION audit_accept(smallint, bytea, bytea, text, integer, text),
  audit_try_accept(smallint, bytea, bytea, text, integer, text) TO audit_writer;
