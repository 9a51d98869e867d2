-- The reader only reads. Row-level security limits which events it sees.
GRANT SELECT ON audit_event, audit_head, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_cosignature,
  audit_publication, audit_consumer, audit_act, audit_legal_hold, audit_retirement, audit_retired_range, audit_erased TO audit_reader;
-- The reader sees which events are parked, but not the reasons, which may quote them.
GRANT SELECT (consumer, index, event_id, parked_at, retry_at) ON audit_consumer_parked TO audit_reader;
-- The reader sees how much waits, but not what.
GRANT SELECT (position, stored_at, version, events) ON audit_inbox TO audit_reader, audit_keeper;
GRANT SELECT (number, parked_at, stored_at, reason) ON audit_parked TO audit_reader;
-- The reader finds the event of an idempotency key.
GRANT SELECT ON audit_once TO audit_reader;
-- The reader sees requested and completed erasures, but not the person's identifiers.
GRANT SELECT (id, subject, requested_by, reason, act, certificate) ON audit_erasure TO audit_reader;
GRANT EXECUTE ON FUNCTION audit_erasure_digests(), audit_waiting(uuid[]) TO audit_reader;
