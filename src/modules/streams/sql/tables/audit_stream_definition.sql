-- The streams that were made at run time: their options without secrets, and the secrets, encrypted with a key that the database does not have.
CREATE TABLE audit_stream_definition (
  name text PRIMARY KEY REFERENCES audit_stream ON DELETE CASCADE,
  options jsonb NOT NULL,
  -- AES-256-GCM: a nonce of 12 bytes, the encrypted JSON, a tag of 16 bytes.
  secrets bytea NOT NULL,
  -- Which key encrypted them.
  key_id text NOT NULL,
  -- Until when the secret before the newest signs, too.
  old_secret_until timestamptz(3)
);
