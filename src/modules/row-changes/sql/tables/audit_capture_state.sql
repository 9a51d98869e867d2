-- How the captured tables were captured at each attestation that found a difference: triggers, functions, files. An event seals its
-- digest. "follows" is the position of the one before, so that of two instances that find the same difference only one stores it: nobody has to
-- hold a lock that others could take.
CREATE TABLE audit_capture_state (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  follows bigint NOT NULL UNIQUE,
  event_id uuid NOT NULL,
  state text NOT NULL
);
