-- Lines of the inbox that no version of the library writes, or whose values PostgreSQL refuses: unchanged, with the reason. A row without a
-- valid signature is one entry, with all of its lines. A retry moves an entry back to the inbox, with its seed.
CREATE TABLE audit_parked (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  stored_at timestamptz(3) NOT NULL,
  reason text NOT NULL,
  version smallint NOT NULL,
  seed bytea NOT NULL,
  mac bytea,
  line text NOT NULL
);
