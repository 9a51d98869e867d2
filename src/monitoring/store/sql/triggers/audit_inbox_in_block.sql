-- Only for the rows of audit_accept: each other insert is a transaction of its own.
CREATE CONSTRAINT TRIGGER audit_inbox_in_block AFTER INSERT ON audit_inbox DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (current_setting('audit.accepted_at', true) <> '') EXECUTE FUNCTION audit_inbox_refuse_autocommit();
