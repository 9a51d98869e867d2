-- How far the rules have looked. One row.
CREATE TABLE audit_watch (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  place bigint NOT NULL CHECK (place >= 0),
  -- The key of the digests in audit_watch_group.
  salt bytea NOT NULL,
  looked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
