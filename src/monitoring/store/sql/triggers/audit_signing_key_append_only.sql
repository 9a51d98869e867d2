CREATE TRIGGER audit_signing_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_signing_key
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change();
