-- The batch that a stream sends now. It is stored before the first attempt: a retry has the same id and the same bytes, whose hash is here. It
-- goes when the destination has acknowledged it, with the move of the stream. "retried_index" is the place of a parked event that it repeats.
CREATE TABLE audit_stream_batch (
  stream text PRIMARY KEY REFERENCES audit_stream ON DELETE CASCADE,
  id uuid NOT NULL UNIQUE,
  first_index bigint NOT NULL,
  last_index bigint NOT NULL,
  retried_index bigint,
  checkpoint_size bigint NOT NULL,
  hash text NOT NULL,
  -- The filter, the access and what is done with personal data.
  selection jsonb NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  frozen_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK (first_index >= 0 AND last_index >= first_index)
);
