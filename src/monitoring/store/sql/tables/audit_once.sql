-- The events that took an idempotency key within 24 hours. The leader writes a row in the transaction that seals the event. The hash is a
-- SHA-256 of the event's type, its tenant and the key. The key itself is not stored.
CREATE TABLE audit_once (
  hash bytea PRIMARY KEY CHECK (length(hash) = 32),
  event_id uuid NOT NULL,
  taken_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX audit_once_taken_at ON audit_once (taken_at);
