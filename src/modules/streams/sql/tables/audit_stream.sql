-- How far each stream is. One leader at a time changes a stream: the one whose epoch its row has. "position" is the first place of the next
-- batch; the places before "looked" hold nothing else for the stream. The leader sends by "cursor", which the ledger's key signed, and by the
-- signed acts; columns that say otherwise stop it.
CREATE TABLE audit_stream (
  name text PRIMARY KEY,
  state text NOT NULL DEFAULT 'active',
  -- Why it is paused, and by whom.
  state_reason text,
  destination text NOT NULL,
  -- Which events it may see, as "authorize" grants it.
  access jsonb NOT NULL,
  acknowledgement text NOT NULL,
  -- Whether retention keeps the events that the stream has not passed.
  keeps_events boolean NOT NULL,
  epoch bigint NOT NULL DEFAULT 1,
  position bigint NOT NULL,
  looked bigint NOT NULL,
  -- The signed note of what it resumes by, with the batch that it sends now. That is stored before the first attempt: a retry has the same id and
  -- the same bytes. NULL: it has none.
  cursor text,
  sent_events bigint NOT NULL DEFAULT 0,
  sent_batches bigint NOT NULL DEFAULT 0,
  -- Attempts that failed in a row, and events that were parked in a row.
  failures integer NOT NULL DEFAULT 0,
  refusals integer NOT NULL DEFAULT 0,
  last_error text,
  -- What in its row contradicts the signed acts, as the leader saw it.
  problem text,
  last_sent_at timestamptz(3),
  -- Its newest test: the leader sends a test event of this id, and writes down what the destination answered.
  test_id uuid,
  test_answer jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Of a replay: the stream whose events it sends again, from "begins_at" on and before "ends_before". It is done when it is there.
  replay_of text REFERENCES audit_stream ON DELETE CASCADE,
  begins_at bigint,
  ends_before bigint,
  CHECK (state IN ('active', 'paused', 'gone', 'done')),
  CHECK (position >= 0 AND looked >= position),
  CHECK ((replay_of IS NULL) = (begins_at IS NULL) AND (replay_of IS NULL) = (ends_before IS NULL))
);
