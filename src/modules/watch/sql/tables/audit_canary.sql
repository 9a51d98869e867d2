-- The canaries: one event of each type a day (UTC), recorded like any event.
CREATE TABLE audit_canary (
  type text NOT NULL,
  day date NOT NULL,
  event_id uuid NOT NULL,
  -- The note states the type, the day, the event and the event's time. The ledger's key signs the note.
  note text NOT NULL,
  -- The rules that found the canary.
  rules text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (type, day)
);

CREATE INDEX audit_canary_event ON audit_canary (event_id);
