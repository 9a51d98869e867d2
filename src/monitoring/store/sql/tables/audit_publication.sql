-- The last publication at each destination, from which the next leader resumes. These rows are not evidence.
CREATE TABLE audit_publication (
  destination text PRIMARY KEY,
  size bigint NOT NULL,
  root bytea NOT NULL,
  published_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
