-- Events that a destination refused. In place of such an event, batches have its signed note.
CREATE TABLE audit_stream_parked (
  stream text NOT NULL REFERENCES audit_stream ON DELETE CASCADE,
  index bigint NOT NULL,
  event_id uuid NOT NULL,
  leaf_hash bytea NOT NULL,
  reason text NOT NULL,
  parked_at timestamptz(3) NOT NULL,
  note text NOT NULL,
  -- If set, the leader retries the event.
  retry_at timestamptz(3),
  PRIMARY KEY (stream, index)
);

ALTER TABLE audit_stream_parked ENABLE ROW LEVEL SECURITY;
