-- Stores a row of the inbox within the caller's transaction, or fails, and with it the transaction. Returns NULL. Waits at most lock_wait_ms for a lock.
-- Because of the function's SET clause, PostgreSQL restores the caller's lock_timeout. Outside of a transaction block, nothing is stored, and
-- the statement itself fails: see audit_inbox_in_block. Refuses a writer_key that the ledger does not accept.
CREATE FUNCTION audit_accept(version smallint, seed bytea, mac bytea, body text, lock_wait_ms integer, writer_key text)
RETURNS text LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
  BEGIN
    PERFORM set_config('lock_timeout', greatest(lock_wait_ms, 1)::text, true), set_config('audit.accepted_at', statement_timestamp()::text, true);
    SET CONSTRAINTS audit_inbox_in_block DEFERRED; -- the caller may have made all constraints immediate
    -- Otherwise, a crash of the server could lose events whose commit was acknowledged. For the rest of the transaction.
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    INSERT INTO audit_inbox (version, seed, mac, body)
      SELECT audit_accept.version, audit_accept.seed, audit_accept.mac, audit_accept.body FROM audit_head
       WHERE writer_key IS NULL OR writer_keys = '{}' OR writer_key = ANY (writer_keys);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'audit_accept does not know the key of the writer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
  END $$;
