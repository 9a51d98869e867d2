-- The ranges of the log that a retirement covers.
CREATE TABLE audit_retired_range (
  retirement_id uuid NOT NULL REFERENCES audit_retirement ON DELETE CASCADE,
  first_index bigint NOT NULL CHECK (first_index >= 0),
  last_index bigint NOT NULL CHECK (last_index >= first_index),
  PRIMARY KEY (retirement_id, first_index)
);
CREATE INDEX audit_retired_range_last ON audit_retired_range (last_index);
