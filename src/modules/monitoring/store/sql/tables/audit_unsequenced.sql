-- The queue of events to seal: for each statement that added events, one row per 4,096 events. The transaction is the first key column, so
-- that a reader can skip finished transactions.
CREATE TABLE audit_unsequenced (
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  position bigint GENERATED ALWAYS AS IDENTITY,
  event_ids uuid[] NOT NULL,
  leaf_hashes bytea[] NOT NULL,
  stored_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (transaction, position)
);
