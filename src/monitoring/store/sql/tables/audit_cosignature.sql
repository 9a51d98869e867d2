-- The cosignatures of witnesses.
CREATE TABLE audit_cosignature (
  size bigint NOT NULL,
  witness_name text NOT NULL,
  key_id bigint NOT NULL,
  line text NOT NULL,
  added_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (size, witness_name, key_id)
);
