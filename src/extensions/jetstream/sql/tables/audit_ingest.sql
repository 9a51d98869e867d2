-- The cursor of each JetStream subject. The leader moves the cursor in the transaction that seals the events.
CREATE TABLE audit_ingest (
  subject text PRIMARY KEY,
  -- The sequence number and the hash of the last stored envelope. If JetStream has another hash at this number, JetStream lost messages.
  sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
  envelope bytea CHECK (length(envelope) = 32),
  stored_at timestamptz(3),
  -- Why the leader cannot store the next envelope.
  problem text,
  CHECK ((sequence = 0) = (envelope IS NULL))
);
