// Generated from the .sql files of this folder by `npm run generate`. Do not edit.

/** The text of each SQL file. */
export const SQL = {
  'rights/roles': "REVOKE ALL ON audit_ingest FROM PUBLIC;\n-- It stores what JetStream has.\nGRANT SELECT, INSERT, UPDATE ON audit_ingest TO audit_sequencer;\n-- How far the envelopes of JetStream are stored.\nGRANT SELECT ON audit_ingest TO audit_reader;\n",
  'setup/drop': "-- Removes the table of the worker, and with it how far the envelopes of JetStream are stored.\nDROP TABLE audit_ingest;\n",
  'tables/audit_ingest': "-- How far the envelopes of a subject of JetStream are stored. One worker at a time changes a row: the one whose epoch it has.\nCREATE TABLE audit_ingest (\n  subject text PRIMARY KEY,\n  epoch bigint NOT NULL DEFAULT 0,\n  -- The place of the last stored envelope in JetStream, and its hash: an envelope with another hash there says that JetStream lost what it had.\n  sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),\n  envelope bytea CHECK (length(envelope) = 32),\n  stored_at timestamptz(3),\n  -- Why the worker cannot store the next envelope.\n  problem text,\n  CHECK ((sequence = 0) = (envelope IS NULL))\n);\n",
};

/** The path of an SQL file in this folder, without `.sql`. */
export type SqlName = keyof typeof SQL;
