-- The place of each consumer of the sealed log. "position" is the first sequence number that the consumer has not handled, and "leaf" the hash of
-- the event before it. "sending_to" is the end of the batch that is being handled: after a crash, the consumer gets the same batch again. The consumer
-- continues from the signed "note". If a column contradicts the note, the consumer stops.
CREATE TABLE audit_consumer (
  name text PRIMARY KEY,
  state text NOT NULL,
  -- Who paused the consumer, and why.
  state_reason text,
  position bigint NOT NULL CHECK (position >= 0),
  leaf bytea,
  sending_to bigint CHECK (sending_to >= position),
  -- Whether retention waits for the consumer.
  delays_retention boolean NOT NULL,
  -- What a reader should know of the consumer, such as its destination.
  about jsonb NOT NULL,
  -- For a replay: the consumer whose events it handles again, up to before "ends_before".
  replay_of text REFERENCES audit_consumer ON DELETE CASCADE,
  ends_before bigint,
  note text NOT NULL,
  handled_events bigint NOT NULL DEFAULT 0,
  handled_batches bigint NOT NULL DEFAULT 0,
  -- The failed attempts in a row, and the parked events in a row.
  failures integer NOT NULL DEFAULT 0,
  refusals integer NOT NULL DEFAULT 0,
  last_error text,
  last_handled_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK (state IN ('active', 'paused', 'gone', 'done')),
  CHECK ((replay_of IS NULL) = (ends_before IS NULL))
);
