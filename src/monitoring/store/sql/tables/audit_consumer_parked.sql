-- Events that a consumer refused. It continues without them until somebody retries or drops them.
CREATE TABLE audit_consumer_parked (
  consumer text NOT NULL REFERENCES audit_consumer ON DELETE CASCADE,
  index bigint NOT NULL,
  event_id uuid NOT NULL,
  leaf_hash bytea NOT NULL,
  reason text NOT NULL,
  parked_at timestamptz(3) NOT NULL,
  note text NOT NULL,
  -- If set, the consumer gets the event again.
  retry_at timestamptz(3),
  PRIMARY KEY (consumer, index)
);
