// Generated from the .sql files of this folder by `npm run generate`. Do not edit.

/** The text of each SQL file. */
export const SQL = {
  'grants/roles': "REVOKE ALL ON audit_ingest FROM PUBLIC;\n-- The leader moves the cursors.\nGRANT SELECT, INSERT, UPDATE ON audit_ingest TO audit_sequencer;\n-- The health of every instance reads the cursors.\nGRANT SELECT ON audit_ingest TO audit_reader;\n",
  'setup/drop': "-- Removes the table of cursors.\nDROP TABLE audit_ingest;\n",
  'tables/audit_ingest': "-- The cursor of each JetStream subject. The leader moves the cursor in the transaction that seals the events.\nCREATE TABLE audit_ingest (\n  subject text PRIMARY KEY,\n  -- The sequence number and the hash of the last stored envelope. If JetStream has another hash at this number, JetStream lost messages.\n  sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),\n  envelope bytea CHECK (length(envelope) = 32),\n  stored_at timestamptz(3),\n  -- Why the leader cannot store the next envelope.\n  problem text,\n  CHECK ((sequence = 0) = (envelope IS NULL))\n);\n",
};

/** The path of an SQL file in this folder, without `.sql`. */
export type SqlName = keyof typeof SQL;
