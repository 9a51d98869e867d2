-- The keys that sign the context of row changes, in the padded forms of HMAC-SHA-256. Only functions with the owner's rights read these forms. During
-- a rotation, two keys are valid. A key that ended still verifies earlier changes.
CREATE TABLE audit_context_key (
  id text NOT NULL,
  inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
  outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64),
  logins text[],
  added_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz(3)
);

CREATE UNIQUE INDEX audit_context_key_id ON audit_context_key (id) WHERE ended_at IS NULL;
