-- Refuses the commit of rows that audit_accept stored by the same statement: then the statement ran outside of a transaction block, for
-- example after the caller's ROLLBACK. In a block, another statement commits. No function of PostgreSQL tells whether a block is open, and
-- transaction_timestamp() does not either: by the extended protocol, a transaction begins with the Parse, before its only statement runs.
CREATE FUNCTION audit_inbox_refuse_autocommit() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF statement_timestamp()::text = current_setting('audit.accepted_at') THEN
      RAISE EXCEPTION 'audit_accept was called outside of a transaction block' USING ERRCODE = 'no_active_sql_transaction';
    END IF;
    RETURN NULL;
  END $$;
