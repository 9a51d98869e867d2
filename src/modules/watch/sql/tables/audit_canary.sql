-- The canaries: one event of each type a day (UTC), which goes the way of all events.
CREATE TABLE audit_canary (
  type text NOT NULL,
  day date NOT NULL,
  event_id uuid NOT NULL,
  -- Of the ledger's key, over the type, the day, the event and when it was recorded.
  note text NOT NULL,
  -- The rules that found it.
  rules text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (type, day)
);

CREATE INDEX audit_canary_event ON audit_canary (event_id);
