-- Appends rows within the caller's transaction, with a text for each column. If the append fails, returns the error. The exception block is
-- a savepoint, so a failed append does not abort the caller's transaction. Waits at most lock_wait_ms for a lock on the ledger, and then
-- returns the error. Because of the function's SET clause, PostgreSQL restores the caller's lock_timeout. Without triggers, the rows would
-- not be queued, and verify would call them forged.
CREATE FUNCTION audit_event_append(batch text[], lock_wait_ms integer DEFAULT 4000)
RETURNS TABLE (code text, message text, "constraint" text, "column" text)
LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
  BEGIN
    IF current_setting('session_replication_role') = 'replica' THEN
      RAISE EXCEPTION 'the transaction runs without triggers (session_replication_role), so stored events would not be sealed'
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('lock_timeout', greatest(lock_wait_ms, 1)::text, true);
    {{insert}};
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
      code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, "constraint" = CONSTRAINT_NAME, "column" = COLUMN_NAME;
    RETURN NEXT;
  END $$;
