-- Removes the tables of the streams, with the position of each stream.
DROP TABLE audit_stream_parked, audit_stream;
