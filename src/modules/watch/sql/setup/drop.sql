-- Removes the tables of the watch, and with them how far its rules have looked.
DROP TABLE audit_watch, audit_watch_group, audit_canary;
