-- Removes the tables of the streams, and with them how far each is.
DROP TABLE audit_stream_definition, audit_stream_parked, audit_stream;
