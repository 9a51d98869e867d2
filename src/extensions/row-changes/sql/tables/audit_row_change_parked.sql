-- Row changes that the ledger cannot store, and later changes of the same rows, unchanged from the outbox. "row_keys" are the keys of these rows; "*"
-- means the whole table. A retry moves changes back to the outbox, with their position.
CREATE TABLE audit_row_change_parked (
  position bigint PRIMARY KEY,
  parked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  error text NOT NULL,
  row_keys text[] NOT NULL,
  transaction xid8 NOT NULL,
  begun_at timestamptz(3) NOT NULL,
  changed_at timestamptz(3) NOT NULL,
  operation text NOT NULL,
  source jsonb NOT NULL,
  origin jsonb NOT NULL,
  statement_rows bigint NOT NULL,
  changes integer NOT NULL,
  lines text NOT NULL
);
