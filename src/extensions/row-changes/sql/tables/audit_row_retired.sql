-- The last digest of each row whose event retention removed, so that unchanged rows can still be reconciled.
CREATE TABLE audit_row_retired (
  schema_name text NOT NULL,
  table_name text NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest text NOT NULL,
  is_gone boolean NOT NULL,
  transaction text NOT NULL,
  event_id uuid NOT NULL,
  PRIMARY KEY (schema_name, table_name, key)
);

ALTER TABLE audit_row_retired ENABLE ROW LEVEL SECURITY;
