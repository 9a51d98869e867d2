-- Removes the table of the watch, with the position of the rules.
DROP TABLE audit_watch;
