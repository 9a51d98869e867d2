-- The outbox of row changes. Triggers of captured tables write into this table, in the transaction of the change. One row has up to 500 changes of
-- one statement. The leader moves the changes into the ledger, and deletes the row. "lines" is JSON text: a list of [before, after]. A
-- line feed stands before the comma between two images, and after the comma between two lines, so the text of each image can be cut out: its digest
-- covers this text. If an image does not show the whole row, its line continues: digest of the row, names of changed secret columns, digest of the
-- old row. "origin" has the unverified setting audit.context. The drain verifies this setting for the times begun_at and changed_at.
-- The table has no CHECK: the server would parse the expression for each statement, and so double the cost of an insert.
CREATE TABLE audit_row_change (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  begun_at timestamptz(3) NOT NULL DEFAULT transaction_timestamp(),
  changed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  operation text NOT NULL,
  source json NOT NULL,
  origin json NOT NULL,
  statement_rows bigint NOT NULL,
  changes integer NOT NULL,
  unpaired integer NOT NULL DEFAULT 0,
  lines text NOT NULL
) WITH (toast_tuple_target = 8160);

-- Chunks are not compressed, because compressing costs more than writing, and the drain soon deletes chunks.
ALTER TABLE audit_row_change ALTER lines SET STORAGE EXTERNAL, ALTER source SET STORAGE MAIN, ALTER origin SET STORAGE MAIN;
