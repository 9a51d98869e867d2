-- The signed acts of the ledger. Each states the hash of the previous act. They outlive the months of their events.
CREATE TABLE audit_act (
  number bigint PRIMARY KEY CHECK (number > 0),
  event_id uuid NOT NULL UNIQUE,
  type text NOT NULL,
  note text NOT NULL
);
-- The sequencer looks up the last adoption before it signs.
CREATE INDEX audit_act_type ON audit_act (type, number);
