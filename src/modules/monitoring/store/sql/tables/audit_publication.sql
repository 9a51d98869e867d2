-- The last publication at each destination, for the next leader. It is not evidence.
CREATE TABLE audit_publication (
  destination text PRIMARY KEY,
  size bigint NOT NULL,
  root bytea NOT NULL,
  published_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
