-- Removes the tables of the watch, with the position of the rules.
DROP TABLE audit_watch, audit_watch_group;
