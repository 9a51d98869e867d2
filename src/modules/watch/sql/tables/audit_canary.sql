-- The canaries: one event of each type a day (UTC), recorded like any event.
CREATE TABLE audit_canary (
  type text NOT NULL,
  day date NOT NULL,
  event_id uuid NOT NULL,
  -- The ledger's key signs the note, with the type, the day, the event and its time.
  note text NOT NULL,
  -- The rules that found it.
  rules text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (type, day)
);

CREATE INDEX audit_canary_event ON audit_canary (event_id);
