-- The baselines of captured tables: their state when the capture began, or when somebody took another baseline. An event seals each baseline. rows is
-- NULL if the capture ended. By table_oid, queries find renamed tables.
CREATE TABLE audit_row_baseline (
  id uuid PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY,
  taken_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  schema_name text NOT NULL,
  table_name text NOT NULL,
  table_oid oid,
  key text[] NOT NULL,
  columns text[] NOT NULL,
  ignored text[] NOT NULL,
  labels text[] NOT NULL,
  cluster text NOT NULL,
  snapshot text NOT NULL,
  rows bigint,
  digest text NOT NULL
);
