-- The days whose review was opened, so that it is opened once. What it says is in its event.
CREATE TABLE audit_review (
  day date PRIMARY KEY,
  event_id uuid NOT NULL,
  -- Of the checkpoint that it ends with: the review of the next day begins there, so that no place is between them.
  checkpoint_size bigint NOT NULL DEFAULT 0,
  -- Of the alert that says that nobody signed it off.
  alert_id uuid,
  -- Signed off in time, or the alert is raised: nobody has to look again.
  is_settled boolean NOT NULL DEFAULT false
);

CREATE INDEX audit_review_unsettled ON audit_review (day) WHERE NOT is_settled;
