-- How far the rules have looked. One row.
CREATE TABLE audit_watch (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  place bigint NOT NULL CHECK (place >= 0),
  looked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Of the ledger's key, over both and the key of the digests in audit_watch_group: rules resume by nothing else.
  note text NOT NULL
);
