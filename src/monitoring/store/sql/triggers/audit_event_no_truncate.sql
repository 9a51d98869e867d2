-- PostgreSQL does not copy a statement trigger to partitions, so audit_event_make_partition gives each partition its own.
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse_change();
