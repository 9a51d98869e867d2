-- The images of row changes of a bulk statement: their events hold keys and digests. Deleting a row here breaks no proof.
CREATE TABLE audit_row_image (
  event_id uuid PRIMARY KEY,
  before jsonb,
  after jsonb
);
