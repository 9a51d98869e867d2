-- The streams that were made at run time. A key outside the database encrypts their secrets.
CREATE TABLE audit_stream_definition (
  name text PRIMARY KEY REFERENCES audit_stream ON DELETE CASCADE,
  options jsonb NOT NULL,
  -- AES-256-GCM: a nonce of 12 bytes, the encrypted JSON, a tag of 16 bytes.
  secrets bytea NOT NULL,
  -- The id of the key that encrypted the secrets.
  key_id text NOT NULL,
  -- Until this time, the old secret signs, too.
  old_secret_until timestamptz(3)
);
