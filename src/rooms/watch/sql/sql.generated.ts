// Generated from the .sql files of this folder by `npm run generate`. Do not edit.

/** The text of each SQL file. */
export const SQL = {
  'rights/roles': "REVOKE ALL ON audit_watch, audit_watch_group FROM PUBLIC;\n-- The sequencer role runs the rules, and raises alerts.\nGRANT SELECT, INSERT, UPDATE ON audit_watch TO audit_sequencer;\nGRANT SELECT, INSERT, UPDATE, DELETE ON audit_watch_group TO audit_sequencer;\n-- A reader may see the position of the rules.\nGRANT SELECT ON audit_watch TO audit_reader;\n-- An erasure reports how long rules store digests about persons.\nGRANT SELECT (expires_at) ON audit_watch_group TO audit_keeper;\n",
  'setup/drop': "-- Removes the tables of the watch, with the position of the rules.\nDROP TABLE audit_watch, audit_watch_group;\n",
  'tables/audit_watch': "-- The position of the rules, in one row.\nCREATE TABLE audit_watch (\n  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),\n  place bigint NOT NULL CHECK (place >= 0),\n  looked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),\n  -- The signed note states the columns, and the key of the digests in audit_watch_group. The rules trust only the note.\n  note text NOT NULL\n);\n",
  'tables/audit_watch_group': "-- The states of groups: matches that may count together with later matches, as ids and digests. The states do not name persons.\nCREATE TABLE audit_watch_group (\n  -- A keyed digest of the rule and the shared values of its matches.\n  key text COLLATE \"C\" PRIMARY KEY,\n  rule text NOT NULL,\n  state json NOT NULL,\n  expires_at timestamptz(3) NOT NULL,\n  -- The time until which an event must follow a match.\n  due_at timestamptz(3)\n) WITH (fillfactor = 60); -- most updates change only a state, and stay in their page\n\nCREATE INDEX audit_watch_group_expires ON audit_watch_group (expires_at);\nCREATE INDEX audit_watch_group_due ON audit_watch_group (due_at) WHERE due_at IS NOT NULL;\n",
};

/** The path of an SQL file in this folder, without `.sql`. */
export type SqlName = keyof typeof SQL;
