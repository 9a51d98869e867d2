-- Removes the table of cursors.
DROP TABLE audit_ingest;
