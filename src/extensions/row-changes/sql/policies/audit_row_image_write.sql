-- The drain adds images.
CREATE POLICY audit_row_image_write ON audit_row_image
  FOR INSERT TO audit_sequencer WITH CHECK (true);
