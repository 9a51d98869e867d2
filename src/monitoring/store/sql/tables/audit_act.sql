-- The signed acts of the ledger. Each act states the hash of the previous act. Acts stay when the months of their events are removed.
CREATE TABLE audit_act (
  number bigint PRIMARY KEY CHECK (number > 0),
  event_id uuid NOT NULL UNIQUE,
  type text NOT NULL,
  note text NOT NULL
);
-- For the sequencer, which looks up the last adoption before it signs.
CREATE INDEX audit_act_type ON audit_act (type, number);
