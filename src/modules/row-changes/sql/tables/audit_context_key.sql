-- The keys that sign the context of row changes: HMAC-SHA-256's padded forms. Only audit_context() and its like read them.
-- Two keys are valid at once during a rotation. One that ended still verifies the changes that were made before.
CREATE TABLE audit_context_key (
  id text NOT NULL,
  inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
  outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64),
  logins text[],
  added_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz(3)
);

CREATE UNIQUE INDEX audit_context_key_id ON audit_context_key (id) WHERE ended_at IS NULL;
