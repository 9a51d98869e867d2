CREATE TRIGGER audit_cosignature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_cosignature
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change();
