-- How far the envelopes of a subject of JetStream are stored. One worker at a time changes a row: the one whose epoch it has.
CREATE TABLE audit_ingest (
  subject text PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  -- The place of the last stored envelope in JetStream, and its hash: an envelope with another hash there says that JetStream lost what it had.
  sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
  envelope bytea CHECK (length(envelope) = 32),
  stored_at timestamptz(3),
  -- Why the worker cannot store the next envelope.
  problem text,
  CHECK ((sequence = 0) = (envelope IS NULL))
);
