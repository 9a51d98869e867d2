-- Checks the server's version first, because an older server would fail later, with an unclear error.
DO $$ BEGIN
  IF current_setting('server_version_num')::int < 150000 THEN
    RAISE EXCEPTION 'Cannot set the ledger up on PostgreSQL %: it needs 15 or later.', current_setting('server_version')
      USING ERRCODE = 'feature_not_supported', HINT = 'Upgrade the server.';
  END IF;
END $$;
