-- The outbox of row changes: triggers on the captured tables write here, in the transaction of the change. One row holds up to
-- 500 changes of one statement. The leader moves them into the ledger and deletes them here.
-- "lines" is JSON text: a list of [before, after, digest, names of changed secret columns].
CREATE TABLE audit_row_change (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  changed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  operation text NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'FAILED')),
  source jsonb NOT NULL,
  origin jsonb NOT NULL,
  statement_rows bigint NOT NULL,
  changes integer NOT NULL,
  unpaired integer NOT NULL DEFAULT 0,
  lines text NOT NULL
);

-- Compressing every chunk would cost more than writing it: it is deleted soon.
ALTER TABLE audit_row_change ALTER lines SET STORAGE EXTERNAL;
