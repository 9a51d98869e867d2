-- The index of each sealed event in the log, and the event's leaf hash.
CREATE TABLE audit_leaf (
  index bigint PRIMARY KEY CHECK (index >= 0),
  event_id uuid NOT NULL,
  leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
  UNIQUE (event_id) INCLUDE (index)
);
