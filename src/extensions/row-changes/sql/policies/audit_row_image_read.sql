-- A reader may read the images of events that it may read.
CREATE POLICY audit_row_image_read ON audit_row_image
  FOR SELECT TO audit_reader USING (EXISTS (SELECT FROM audit_event e WHERE e.id = event_id));
