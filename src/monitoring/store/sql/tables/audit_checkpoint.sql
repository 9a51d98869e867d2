-- The signed checkpoints.
CREATE TABLE audit_checkpoint (
  size bigint PRIMARY KEY CHECK (size > 0),
  root bytea NOT NULL CHECK (length(root) = 32),
  note text NOT NULL,
  signed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
