CREATE TRIGGER audit_event_enqueue AFTER INSERT ON audit_event
  REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION audit_event_enqueue();
