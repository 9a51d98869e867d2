-- Removes the table of the worker, and with it how far the envelopes of JetStream are stored.
DROP TABLE audit_ingest;
