-- The state of each stream. Only the leader with the row's epoch changes a stream. "position" is the first sequence number of the next batch; the
-- stream selects no event from "position" to before "looked". The leader resumes from the signed "cursor" and the signed acts. If columns contradict
-- the cursor or the acts, the stream stops.
CREATE TABLE audit_stream (
  name text PRIMARY KEY,
  state text NOT NULL DEFAULT 'active',
  -- Who paused the stream, and why.
  state_reason text,
  destination text NOT NULL,
  -- The events that the stream may see, in the form that "authorize" returns.
  access jsonb NOT NULL,
  acknowledgement text NOT NULL,
  -- Whether retention waits for the stream.
  keeps_events boolean NOT NULL,
  epoch bigint NOT NULL DEFAULT 1,
  position bigint NOT NULL,
  looked bigint NOT NULL,
  -- The signed cursor, with the batch that is being sent. The batch is stored before the first attempt, so a retry has the same id and bytes.
  cursor text,
  sent_events bigint NOT NULL DEFAULT 0,
  sent_batches bigint NOT NULL DEFAULT 0,
  -- The failed attempts in a row, and the parked events in a row.
  failures integer NOT NULL DEFAULT 0,
  refusals integer NOT NULL DEFAULT 0,
  last_error text,
  -- The contradiction that the leader found between this row and the signed acts.
  problem text,
  last_sent_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- For a replay: the stream whose events it sends again, from "begins_at" to before "ends_before".
  replay_of text REFERENCES audit_stream ON DELETE CASCADE,
  begins_at bigint,
  ends_before bigint,
  CHECK (state IN ('active', 'paused', 'gone', 'done')),
  CHECK (position >= 0 AND looked >= position),
  CHECK ((replay_of IS NULL) = (begins_at IS NULL) AND (replay_of IS NULL) = (ends_before IS NULL))
);
