-- The position of the rules, in one row.
CREATE TABLE audit_watch (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  place bigint NOT NULL CHECK (place >= 0),
  looked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- The signed note states the columns. The rules trust only the note.
  note text NOT NULL
);
