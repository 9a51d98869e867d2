-- The days whose review was opened, so that it is opened once. What it says is in its event.
CREATE TABLE audit_review (
  day date PRIMARY KEY,
  event_id uuid NOT NULL,
  -- Of the alert that says that nobody signed it off.
  alert_id uuid
);
