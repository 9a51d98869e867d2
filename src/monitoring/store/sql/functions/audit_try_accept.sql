-- Does what audit_accept does. If that fails, returns the error as the text of a JSON object; otherwise NULL. The exception block is a savepoint,
-- so that a failure does not abort the caller's transaction.
CREATE FUNCTION audit_try_accept(version smallint, seed bytea, mac bytea, body text, lock_wait_ms integer, writer_key text)
RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    violated text;
  BEGIN
    PERFORM audit_accept(version, seed, mac, body, lock_wait_ms, writer_key);
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
    RETURN json_build_object('code', SQLSTATE, 'message', SQLERRM, 'constraint', violated);
  END $$;
