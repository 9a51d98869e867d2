// Generated from the .sql files of this folder by `npm run generate`. Do not edit.

/** The text of each SQL file. */
export const SQL = {
  'rights/roles': "REVOKE ALL ON audit_watch FROM PUBLIC;\n-- The sequencer role runs the rules, and raises alerts.\nGRANT SELECT, INSERT, UPDATE ON audit_watch TO audit_sequencer;\n-- A reader may see the position of the rules.\nGRANT SELECT ON audit_watch TO audit_reader;\n",
  'setup/drop': "-- Removes the table of the watch, with the position of the rules.\nDROP TABLE audit_watch;\n",
  'tables/audit_watch': "-- The position of the rules, in one row.\nCREATE TABLE audit_watch (\n  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),\n  place bigint NOT NULL CHECK (place >= 0),\n  looked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),\n  -- The signed note states the columns. The rules trust only the note.\n  note text NOT NULL\n);\n",
};

/** The path of an SQL file in this folder, without `.sql`. */
export type SqlName = keyof typeof SQL;
