-- The images of the row changes of bulk statements. The events of these changes have the keys, and a digest of the images. Retention or erasure of an
-- event deletes its images. Deleting a row of this table breaks no proof.
CREATE TABLE audit_row_image (
  event_id uuid PRIMARY KEY,
  before jsonb,
  after jsonb
);

ALTER TABLE audit_row_image ENABLE ROW LEVEL SECURITY;
