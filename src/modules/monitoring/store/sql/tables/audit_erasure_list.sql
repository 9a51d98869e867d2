-- The events that a repeated erasure has yet to erase.
CREATE TABLE audit_erasure_list (
  erasure_id uuid NOT NULL REFERENCES audit_erasure ON DELETE CASCADE,
  event_id uuid NOT NULL,
  PRIMARY KEY (erasure_id, event_id)
);
