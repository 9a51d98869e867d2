-- Stores rows of the inbox within the caller's transaction. If that fails, returns the error as the text of a JSON object; otherwise NULL. The
-- exception block is a savepoint, so that a failure does not abort the caller's transaction. Waits at most lock_wait_ms for a lock. Because
-- of the function's SET clause, PostgreSQL restores the caller's lock_timeout. Outside of a transaction block, nothing is stored, and the
-- statement itself fails: see audit_inbox_in_block. Refuses a writer_key that the ledger does not accept.
CREATE FUNCTION audit_accept(version smallint, seeds bytea[], macs bytea[], bodies text[], lock_wait_ms integer DEFAULT 4000, writer_key text DEFAULT NULL)
RETURNS text LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
  DECLARE
    violated text;
  BEGIN
    PERFORM set_config('lock_timeout', greatest(lock_wait_ms, 1)::text, true), set_config('audit.accepted_at', statement_timestamp()::text, true);
    SET CONSTRAINTS audit_inbox_in_block DEFERRED; -- the caller may have made all constraints immediate
    IF NOT EXISTS (SELECT FROM audit_head WHERE writer_key IS NULL OR writer_keys = '{}' OR writer_key = ANY (writer_keys)) THEN
      RETURN 'unknown writer';
    END IF;
    -- Otherwise, a crash of the server could lose events whose commit was acknowledged. For the rest of the transaction.
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    FOR nth IN 1..cardinality(bodies) LOOP
      INSERT INTO audit_inbox (version, seed, mac, body) VALUES (audit_accept.version, seeds[nth], macs[nth], bodies[nth]);
    END LOOP;
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
    RETURN json_build_object('code', SQLSTATE, 'message', SQLERRM, 'constraint', violated);
  END $$;
