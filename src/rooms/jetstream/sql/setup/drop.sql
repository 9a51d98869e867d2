-- Removes the worker's table with its cursors.
DROP TABLE audit_ingest;
