-- The events that a repeated erasure must still erase.
CREATE TABLE audit_erasure_list (
  erasure_id uuid NOT NULL REFERENCES audit_erasure ON DELETE CASCADE,
  event_id uuid NOT NULL,
  PRIMARY KEY (erasure_id, event_id)
);
