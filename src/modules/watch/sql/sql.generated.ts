// Generated from the .sql files of this folder by `npm run generate`. Do not edit.

/** The path of an SQL file in this folder, without `.sql`. */
export type SqlName =
  | 'rights/roles'
  | 'setup/drop'
  | 'tables/audit_canary'
  | 'tables/audit_watch'
  | 'tables/audit_watch_group';

/** The text of each SQL file. */
export const SQL: Readonly<Record<SqlName, string>> = {
  'rights/roles': "REVOKE ALL ON audit_watch, audit_watch_group, audit_canary FROM PUBLIC;\n-- It raises the alerts of rules.\nGRANT SELECT, INSERT, UPDATE ON audit_watch TO audit_sequencer;\nGRANT SELECT, INSERT, UPDATE, DELETE ON audit_watch_group TO audit_sequencer;\n-- It records canaries.\nGRANT SELECT, INSERT, UPDATE, DELETE ON audit_canary TO audit_sequencer;\n-- How far the rules have looked, and which canaries arrived.\nGRANT SELECT ON audit_watch, audit_canary TO audit_reader;\n-- An erasure names what rules keep of persons.\nGRANT SELECT (expires_at) ON audit_watch_group TO audit_keeper;\n",
  'setup/drop': "-- Removes the tables of the watch, and with them how far its rules have looked.\nDROP TABLE audit_watch, audit_watch_group, audit_canary;\n",
  'tables/audit_canary': "-- The canaries: one event of each type a day (UTC), which goes the way of all events.\nCREATE TABLE audit_canary (\n  type text NOT NULL,\n  day date NOT NULL,\n  event_id uuid NOT NULL,\n  -- Of the ledger's key, over the type, the day, the event and when it was recorded.\n  note text NOT NULL,\n  -- The rules that found it.\n  rules text[] NOT NULL DEFAULT '{}',\n  PRIMARY KEY (type, day)\n);\n\nCREATE INDEX audit_canary_event ON audit_canary (event_id);\n",
  'tables/audit_watch': "-- How far the rules have looked. One row.\nCREATE TABLE audit_watch (\n  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),\n  place bigint NOT NULL CHECK (place >= 0),\n  looked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),\n  -- Of the ledger's key, over both and the key of the digests in audit_watch_group: rules resume by nothing else.\n  note text NOT NULL\n);\n",
  'tables/audit_watch_group': "-- What the rules remember of matches that may count together with later ones: ids and digests, nothing that names a person.\nCREATE TABLE audit_watch_group (\n  -- A keyed digest of the rule and of what its matches have in common.\n  key text COLLATE \"C\" PRIMARY KEY,\n  rule text NOT NULL,\n  state json NOT NULL,\n  expires_at timestamptz(3) NOT NULL,\n  -- When something should have followed.\n  due_at timestamptz(3)\n) WITH (fillfactor = 60); -- most writes change a state alone, in the page where it is\n\nCREATE INDEX audit_watch_group_expires ON audit_watch_group (expires_at);\nCREATE INDEX audit_watch_group_due ON audit_watch_group (due_at) WHERE due_at IS NOT NULL;\n",
};
