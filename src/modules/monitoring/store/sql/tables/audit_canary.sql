-- The canaries: one event of each type a day (UTC), which goes the way of all events.
CREATE TABLE audit_canary (
  type text NOT NULL,
  day date NOT NULL,
  event_id uuid NOT NULL,
  recorded_at timestamptz(3) NOT NULL,
  sealed_at timestamptz(3),
  -- The rules that found it.
  rules text[] NOT NULL DEFAULT '{}',
  -- Of the alert that says that it did not arrive.
  alert_id uuid,
  PRIMARY KEY (type, day)
);

CREATE INDEX audit_canary_event ON audit_canary (event_id);
