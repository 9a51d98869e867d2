-- The images of row changes of a bulk statement: their events hold keys and a digest of both. They go with their event, and when it is
-- erased. Deleting a row here breaks no proof.
CREATE TABLE audit_row_image (
  event_id uuid PRIMARY KEY,
  before jsonb,
  after jsonb
);

ALTER TABLE audit_row_image ENABLE ROW LEVEL SECURITY;
