-- The rows of a baseline, each with its key and its salted digest. The drain deletes the digests of replaced baselines.
CREATE TABLE audit_row_baseline_digest (
  baseline uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest bytea NOT NULL CHECK (length(digest) = 32)
);
CREATE INDEX audit_row_baseline_digest_of ON audit_row_baseline_digest (baseline);

ALTER TABLE audit_row_baseline_digest ENABLE ROW LEVEL SECURITY;
