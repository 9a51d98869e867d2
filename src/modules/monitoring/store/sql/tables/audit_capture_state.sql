-- How the captured tables were captured at each attestation that found a difference: triggers, functions, files. An event seals its
-- digest.
CREATE TABLE audit_capture_state (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  event_id uuid NOT NULL,
  state text NOT NULL
);
