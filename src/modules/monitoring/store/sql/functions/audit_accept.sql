-- Stores rows of the inbox within the caller's transaction. If that fails, returns the error. The exception block is a savepoint, so that a
-- failure does not abort the caller's transaction. Waits at most lock_wait_ms for a lock, and then returns the error. Because of the
-- function's SET clause, PostgreSQL restores the caller's lock_timeout.
CREATE FUNCTION audit_accept(version smallint, seeds bytea[], macs bytea[], bodies text[], lock_wait_ms integer DEFAULT 4000)
RETURNS TABLE (code text, message text, "constraint" text, "column" text)
LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
  BEGIN
    PERFORM set_config('lock_timeout', greatest(lock_wait_ms, 1)::text, true);
    -- Otherwise, a crash of the server could lose events whose commit was acknowledged. For the rest of the transaction.
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    INSERT INTO audit_inbox (version, seed, mac, body)
      SELECT audit_accept.version, given.seed, given.mac, given.body FROM unnest(seeds, macs, bodies) AS given (seed, mac, body);
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
      code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, "constraint" = CONSTRAINT_NAME, "column" = COLUMN_NAME;
    RETURN NEXT;
  END $$;
