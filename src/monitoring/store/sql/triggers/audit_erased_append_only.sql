CREATE TRIGGER audit_erased_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_erased
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change();
