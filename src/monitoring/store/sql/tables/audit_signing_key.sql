-- The keys that signed checkpoints.
CREATE TABLE audit_signing_key (
  verifier_key text PRIMARY KEY,
  first_used_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
