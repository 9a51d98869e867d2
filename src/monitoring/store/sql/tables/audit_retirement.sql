-- A retirement has the states planned, archived, announced and retired. From archived on, the event that announces it is fixed. kept_before
-- is a note that the ledger's key signed: it states the content of audit_row_retired before the first event was removed.
CREATE TABLE audit_retirement (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('month', 'rows')),
  partition text NOT NULL,
  policy text NOT NULL,
  as_of timestamptz(3) NOT NULL,
  cutoff timestamptz(3) NOT NULL,
  events bigint NOT NULL DEFAULT 0,
  first_index bigint,
  last_index bigint,
  indexes_digest text,
  archive text NOT NULL,
  event_id uuid,
  entry bytea,
  state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'archived', 'announced', 'retired')),
  retired_through bigint NOT NULL DEFAULT -1,
  kept_before text,
  planned_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  archived_at timestamptz(3),
  announced_at timestamptz(3),
  retired_at timestamptz(3),
  CHECK (state = 'planned' OR num_nulls(event_id, entry) = 0)
);
CREATE UNIQUE INDEX audit_retirement_one_open ON audit_retirement (partition) WHERE state <> 'retired';
