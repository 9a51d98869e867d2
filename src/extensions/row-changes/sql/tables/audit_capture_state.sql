-- The state of the capture (triggers, functions, files) at each attestation that found a difference. An event seals the digest of a state. "follows"
-- is the position of the previous state. "follows" is unique, so two instances cannot store the same difference. A lock would not suffice, because
-- any login could hold the lock.
CREATE TABLE audit_capture_state (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  follows bigint NOT NULL UNIQUE,
  event_id uuid NOT NULL,
  state text NOT NULL
);
